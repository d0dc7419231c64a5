divert(-1)
dnl Maps of hosts and of addresses, what to do without an entry, with +detail, without a domain, when the map fails.
_feature()
_begin()Kldapmh ifelse(len(X`'_ARG1_), 1, `ldap -1 -T<TMPF> -v mailHost -k (&(objectClass=inetLocalMailRecipient)(mailLocalAddress=%0))', `_ARG1_')
_end()
_begin()Kldapmra ifelse(len(X`'_ARG2_), 1, `ldap -1 -T<TMPF> -v mailRoutingAddress -k (&(objectClass=inetLocalMailRecipient)(mailLocalAddress=%0))', `_ARG2_')
_end()
_m4_define(`_LDAP_ROUTING_', `1')
