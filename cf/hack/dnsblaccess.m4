divert(-1)
_m4_define(`_found', `')
dnl Nothing but rewriting rules.
_line(`SHack_dnsblaccess')
