divert(-1)
_feature(`authinfo', ifelse(defn(`_arg1'), `', ``hash 'MAIL_SETTINGS_DIR`authinfo'', `defn(`_arg1')'))
