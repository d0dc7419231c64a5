divert(-1)
_map(`uudomain', `uudomain', `uucpdomain')
_m4_define(`_UUDOMAIN_TABLE_', `')
