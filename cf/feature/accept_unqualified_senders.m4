divert(-1)
_feature(`accept_unqualified_senders')
