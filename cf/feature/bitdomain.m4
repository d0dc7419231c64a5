divert(-1)
_map(`bitdomain', `bitdomain', `bitdomain')
_m4_define(`_BITDOMAIN_TABLE_', `')
