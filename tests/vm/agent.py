#!/usr/bin/python3
"""Runs inside the machine of package.py: POST / runs the body as a bash script and answers with a JSON object of its
exit status, its output (both streams) and the seconds that it took. For a test's machine only: whoever reaches the port
is root."""
import http.server
import json
import subprocess
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        script = self.rfile.read(int(self.headers['Content-Length'])).decode()
        begin = time.monotonic()
        try:
            done = subprocess.run(['bash', '-c', script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120, text=True, errors='replace')
            status, out = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            status, out = 124, (error.stdout or b'').decode(errors='replace')
        reply = json.dumps({'status': status, 'out': out, 'seconds': time.monotonic() - begin}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(('', 8000), Handler).serve_forever()
