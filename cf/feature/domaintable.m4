divert(-1)
_map(`domaintable', `domaintable', `domain')
_m4_define(`_DOMAIN_TABLE_', `')
