"""Fields and ledgers that administrators define in the browser, without code or restart."""
