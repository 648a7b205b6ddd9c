"""The engines that hold tokens and answer conditions on them."""
