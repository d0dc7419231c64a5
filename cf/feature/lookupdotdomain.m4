divert(-1)
_plain()
_m4_define(`_LOOKUPDOTDOMAIN_', `1')
