divert(-1)
_map(`generics', `genericstable', `generics')
_m4_define(`_GENERICS_TABLE_', `')
