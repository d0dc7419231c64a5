divert(-1)
_map(`virtusertable', `virtuser', _or(defn(`_arg1'), ``hash 'MAIL_SETTINGS_DIR`virtusertable''))
