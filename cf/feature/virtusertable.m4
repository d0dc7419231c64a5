divert(-1)
_map(`virtuser', `virtusertable', `virtuser')
_m4_define(`_VIRTUSER_TABLE_', `')
