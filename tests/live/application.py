#!/usr/bin/python3
"""An application with metrics of its own, for merged.py.

    application.py PORT|SOCKET [CERTIFICATE KEY]

/metrics in the text format, /open in OpenMetrics; each answer counts itself. PUT /metrics replaces what it says.
"""
import http.server
import os
import socketserver
import ssl
import sys

TEXT = '''# HELP app_answers_total Pages served.
# TYPE app_answers_total counter
app_answers_total {count}
# HELP app_jobs Jobs by queue.
# TYPE app_jobs gauge
app_jobs{{queue="mail",merge_target="own"}} 5
# TYPE app_wait_seconds histogram
app_wait_seconds_bucket{{le="0.1"}} 2
app_wait_seconds_bucket{{le="+Inf"}} 3
app_wait_seconds_sum 1.5
app_wait_seconds_count 3
# TYPE node_load1 counter
node_load1 4711
app_broken{{a="b}} 1
'''
OPEN = '''# HELP app_tasks Tasks done.
# TYPE app_tasks counter
app_tasks_total 7.0 # {{trace_id="abc"}} 1.0
app_tasks_created 1600000000
# TYPE app_build info
app_build_info{{version="1.2"}} 1
# TYPE app_opened unknown
app_opened {count}
# EOF
'''


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    count = 0
    replaced = None
    connections = 0

    def setup(self):
        Handler.connections += 1
        super().setup()

    def do_GET(self):  # pylint: disable=invalid-name
        Handler.count += 1
        kind, text = 'text/plain; version=0.0.4', TEXT
        if self.path == '/open':
            kind, text = 'application/openmetrics-text; version=1.0.0; charset=utf-8', OPEN
        if self.path == '/connections':
            text = str(Handler.connections)
        if Handler.replaced is not None:
            text = Handler.replaced
        self.answer(text.format(count=Handler.count), kind)

    def do_PUT(self):  # pylint: disable=invalid-name
        Handler.replaced = self.rfile.read(int(self.headers['Content-Length'])).decode()
        self.answer('', 'text/plain')

    def answer(self, text, kind):
        self.send_response(200)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def address_string(self):
        return 'client'  # a unix socket's has none


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    place, *tls = sys.argv[1:]
    if place.startswith('/'):
        server = UnixServer(place, Handler)
        os.chmod(place, 0o666)
    else:
        server = http.server.ThreadingHTTPServer(('127.0.0.1', int(place)), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
