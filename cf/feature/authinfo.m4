divert(-1)
_map(`authinfo', `authinfo', `authinfo')
_m4_define(`_AUTHINFO_TABLE_', `')
