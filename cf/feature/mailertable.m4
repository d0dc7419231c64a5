divert(-1)
_feature(`mailertable', ifelse(defn(`_arg1'), `', ``hash 'MAIL_SETTINGS_DIR`mailertable'', `defn(`_arg1')'))
