divert(-1)
_plain()
_m4_define(`_STICKY_LOCAL_DOMAIN_', `1')
