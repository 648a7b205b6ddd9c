"""Search in Chinese over the portal and the case files, on three engines that agree."""
