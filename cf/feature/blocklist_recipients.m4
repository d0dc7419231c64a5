divert(-1)
_feature()
_m4_define(`_BLOCKLIST_RCPT_', `1')
