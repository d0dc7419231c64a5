divert(-1)
_map(`mailertable', `mailertable', `mailer')
_m4_define(`_MAILER_TABLE_', `')
