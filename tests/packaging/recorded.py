"""Recorded pages of the exporter, for what the machine of a test does not have: the golden pages of the unit tests, served
to Prometheus as targets of a job "recorded" with one instance "recorded"."""
import glob
import http.server
import os
import threading

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures')


def pages():
    """{path: text}; a value of * in a golden page is any number."""
    found = {}
    for path in glob.glob(f'{FIXTURES}/*/*/expected.prom'):
        with open(path, encoding='utf-8') as file:
            lines = [line[:-1] + '1' if line.endswith(' *') else line for line in file.read().splitlines()]
        found['/' + os.path.relpath(os.path.dirname(path), FIXTURES)] = '\n'.join(lines) + '\n'
    return found


class Recorded:
    """Serves the pages until the program ends."""

    def __init__(self):
        served = self.pages = pages()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):  # pylint: disable=invalid-name
                body = served.get(self.path, '').encode()
                self.send_response(200 if body else 404)
                self.send_header('Content-Type', 'text/plain; version=0.0.4')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # Prometheus leaves before an answer when it ends
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def job(self):
        address = f'127.0.0.1:{self.server.server_port}'
        return {'job_name': 'recorded', 'scrape_interval': '3s', 'static_configs': [
            {'targets': [address], 'labels': {'instance': 'recorded', 'fixture': path[1:], '__metrics_path__': path}}
            for path in sorted(self.pages)]}
