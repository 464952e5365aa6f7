"""What an entry of the log usually says: deflate starts with it, so that a small entry stays small.

A row of up to 1,024 bytes costs one write unit. Of an exchange with 1 KB bodies, headers and field
names are most of what repeats, and a single entry is too short to repeat them by itself. The text
is part of the format: a changed one is a new version beside the old (packing.py).
"""

from __future__ import annotations

_TEXT = """\
{"total":{"amount":,"vat_rate":,"unit":"шт","barcode":"460","sku":"","quantity":1,"items":[{"id":
"delivery":{"method":"courier","payment":{"method":"card","paid":true,"city":"Москва","comment":""
"first_name":"[name]","last_name":"[name]","full_name":"[name]","phone":"[phone]","email":"[email]"
"address":"[address]","customer":{"id":"customer_id":"cancelled","price_kopecks":,"total_kopecks":
"status":"new","status":"paid","currency":"RUB","created_at":"2026-","updated_at":"2026-1T12:00:00Z"
{"error":{"code":"message":"details":{"error":"","error_description":"QUERY_LIMIT_EXCEEDED"
"event":"ONCRMDEALUPDATE","data[FIELDS][ID]=&ts=17&auth[domain]=&auth[application_token]=[redacted]
&auth[member_id]=&auth[access_token]=[redacted]&auth[client_endpoint]=https%3A%2F%2F&document_id[0]=
{"entityTypeId":2,"id":,"fields":{"title":"Заказ ","stageId":"C1:NEW","opportunity":,"currencyId":
"RUB","originatorId":"shop","originId":","contactId":0,"assignedById":1,"begindate":"closedate":
"createdTime":"updatedTime":"categoryId":0,"opened":"Y","isManualOpportunity":"Y","companyId":0,
{"result":{"item":{"id":,"xmlId":"","createdBy":1,"updatedBy":1,"movedBy":1,"comments":"","taxValue":
}},"time":{"start":17,"finish":17,"duration":0.,"processing":0.,"date_start":"2026-,"date_finish":
"+03:00","operating_reset_at":17,"operating":0}}
{"Strict-Transport-Security": "max-age=31536000", "X-Request-Id": "", "x-amzn-trace-id": "Root=1-",
"Set-Cookie": "[redacted]", "Server": "nginx", "Vary": "Accept-Encoding", "Transfer-Encoding":
"chunked", "Cache-Control": "no-store, no-cache, must-revalidate", "Pragma": "no-cache", "Expires":
"Date": "Mon, Tue, Wed, Thu, Fri, Sat, Sun, Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2026 G
MT""x-forwarded-for":"","x-forwarded-proto":"https","x-forwarded-port":"443","user-agent":"Bitrix24
 Webhook Engine","accept":"*/*","accept-encoding":"gzip, deflate","content-length":"","host":".execu
te-api.eu-central-1.amazonaws.com","content-type":"application/x-www-form-urlencoded","webhook-id":""
"webhook-timestamp":"17","mostik-scheme":"hmac","mostik-scheme":"form_token","mostik-key-id":"1"
"https://.bitrix24.ru/rest/1/[redacted]/crm.item.get.json","crm.item.list","crm.item.update","https
://api.example/webhooks/","/webhooks/{connection}",200,0,null,null,1,"orders/","customers/","products/
,"retry_later","The other side is overloaded or is being maintained; the job waits and comes back."
,"rate_limited","unknown","give_up","The answer was lost and the call may have had an effect."
{"User-Agent":"mostik/1","Accept-Encoding":"gzip, deflate","Accept":"application/json","Connection":
"keep-alive","Content-Type":"application/json","Content-Length":"","Authorization":"[redacted]"}
,"out","POST","crm.item.add","https://,"out","GET","orders/{id}","https://,"in","POST","/webhooks/{c
onnection}","https://,200,null,null,1,"""

VOCABULARY_1 = _TEXT.replace("\n", "").encode()
