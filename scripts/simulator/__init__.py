"""The outside systems on one machine, so that the product can be tried without any account.

    python -m scripts.simulator --port 8090 [--data DIR]

One process on loopback that speaks the real protocols; the product's own adapters talk to it, and
nothing in the product knows it. `GET /` is a page that shows what was sent, with the codes large.
`--port 0` takes a free port; the first line printed is `listening on http://127.0.0.1:<port>`.
With `--data`, what was sent is kept over a clean stop.

WeChat, base address `http://127.0.0.1:<port>`
    GET  /sns/jscode2session             login code -> openid
    POST /cgi-bin/stable_token           access token
    POST /cgi-bin/message/subscribe/send subscribe message
    POST /wxa/msg_sec_check              text check (违规 in a text is risky, 存疑 is for review)
Aliyun SMS (RPC, HMAC-SHA1 signatures verified), domain `127.0.0.1:<port>`, protocol http
    POST /  SendSms, QuerySendDetails
Aliyun number privacy, at the same address with the same key
    POST /  BindAxb, UnbindSubscription (50 numbers in the pool)

Credentials come from arguments, else from the environment, else they are the demo's:
    --appid              WECHAT_APPID            wxdemo0000000000
    --app-secret         WECHAT_SECRET           demo-app-secret
    --access-key-id      SMS_ACCESS_KEY_ID       demo-access-key
    --access-key-secret  SMS_ACCESS_KEY_SECRET   demo-access-key-secret
    --sign-name          SMS_SIGN_NAME           勤e家
    --pool-key           CALLS_POOL_KEY          demo-pool
    --sms-template SMS_1234='您好${name}'         one more approved template; may be repeated
Templates approved from the start are in `templates.py`.

The login code `demo-<employee number>` stands for that person, every time it is used;
`accounts.openid_of` gives the same openid to whoever fills a database. Other codes are issued by
the control interface, live five minutes and work once.

Control interface, JSON in and out, for tests
    GET    /control/sent?kind=sms|message|text|call&phone=&openid=&limit=   newest first
    DELETE /control/sent
    GET    /control/calls                   {api: how often it was called}, refused calls included
    POST   /control/faults   {"api", "times": 1, ...} with any of
           "code", "message", "status", "delay", "lose_reply".
           The next `times` calls of `api` (code2session, stable_token, subscribe_send,
           msg_sec_check, SendSms, QuerySendDetails, BindAxb, UnbindSubscription) go wrong. With
           `code` or `status` nothing is done and that error is answered. With `delay` (seconds)
           or `lose_reply` it IS done, and the answer comes late or the connection is closed
           without one.
    DELETE /control/faults
    POST   /control/tokens/expire {"code": 42001}     the current access token now answers this
    POST   /control/clock    {"advance": seconds}     ages login codes and access tokens
    POST   /control/codes    {"openid"}               -> {"code"}: a login code that works once
    PUT    /control/consents {"openid", "left", "template_id"?}
                                                      messages still allowed (0: 43101; null: any)
    POST   /control/receipts {"out_id", "status": "delivered"|"failed"|"waiting"|"absent", "code"?}
    POST   /control/reset                             as after a start
"""
