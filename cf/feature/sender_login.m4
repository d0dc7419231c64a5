divert(-1)
_map(`senderlogin', `sender_login', `senderlogin')
