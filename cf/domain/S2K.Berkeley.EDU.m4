divert(-1)
DOMAIN(`CS.Berkeley.EDU')
_m4_define(`_found', `')
MASQUERADE_AS(`postgres.Berkeley.EDU')
