divert(-1)
DOMAIN(`Berkeley.EDU')
_m4_define(`_found', `')
MASQUERADE_AS(`EECS.Berkeley.EDU')
