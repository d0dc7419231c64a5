divert(-1)
_feature(`relay_mail_from', defn(`_arg1'))
