divert(-1)
_plain()
_m4_define(`_VIRTUSER_ENTIRE_DOMAIN_', `1')
