# A mail server for tests: STARTTLS or TLS from the first byte, AUTH, and moods that a test sets in a file.
# Arguments: book, rules, port (0: a free one), certificate, key. Prints its port.
import asyncio, email, email.policy, json, os, ssl, sys, time

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

book, rules_file, port, certificate, key = sys.argv[1:6]


def rules():
    with open(rules_file, encoding="utf-8") as text:
        return json.load(text)


def note(entry):
    with open(book, "a", encoding="utf-8") as out:
        out.write(json.dumps(entry, ensure_ascii=False) + "\n")


def authenticate(server, session, envelope, mechanism, data):
    wanted = rules()
    ok = (
        isinstance(data, LoginPassword)
        and data.login.decode() == wanted["user"]
        and data.password.decode() == wanted["password"]
    )
    note({"command": "AUTH", "ok": ok, "encrypted": session.ssl is not None})
    return AuthResult(success=ok, handled=False if not ok else True)


class Server(SMTP):
    async def smtp_MAIL(self, arg):
        note({"command": "MAIL", "encrypted": self.session.ssl is not None or rules().get("implicit", False)})
        await super().smtp_MAIL(arg)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        wanted = rules()
        answer = wanted.get("refuse", {}).get(address)
        deferred = wanted.get("defer", {}).get(address)
        if deferred:
            wanted["defer"].pop(address)
            with open(rules_file, "w", encoding="utf-8") as out:
                json.dump(wanted, out)
            answer = deferred
        note({"command": "RCPT", "to": address, "answer": answer or "250"})
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        wanted = rules()
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = lambda kind: message.get_body(preferencelist=(kind,)).get_content()
        note(
            {
                "command": "DATA",
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name: str(value) for name, value in message.items()},
                "subject": str(message["Subject"]),
                "text": part("plain"),
                "html": part("html"),
                "raw": envelope.content.decode("utf-8", "replace"),
            }
        )
        if wanted.get("seconds"):
            await asyncio.sleep(wanted["seconds"])
        return "250 OK queued as test-1"


def serve():
    wanted = rules()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    implicit = wanted.get("implicit", False)
    plain = wanted.get("plain", False)
    return Server(
        Handler(),
        hostname="localhost",
        tls_context=None if implicit or plain else context,
        require_starttls=not (implicit or plain),
        auth_required="user" in wanted,
        auth_require_tls=not (implicit or plain),
        authenticator=authenticate if "user" in wanted else None,
    )


async def main():
    wanted = rules()
    context = None
    if wanted.get("implicit", False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(serve, "127.0.0.1", int(port), ssl=context)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


asyncio.run(main())
