"""The site as 1C works with it: CommerceML over the script of the exchange."""
