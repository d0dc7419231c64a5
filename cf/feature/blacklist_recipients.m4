divert(-1)
_plain()
_m4_define(`_BLOCKLIST_RCPT_', `1')
