divert(-1)
_feature(`virtusertable', ifelse(defn(`_arg1'), `', ``hash 'MAIL_SETTINGS_DIR`virtusertable'', `defn(`_arg1')'))
