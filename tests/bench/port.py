#!/usr/bin/python3
"""Measures the scrape port. Started by port.sh.

    port.py PROGRAM [--seconds 10] [--scrapes 86400]

Times are those of a client in Python on the same machine, whose own part is in them. The cached body is the live page."""
import argparse
import os
import resource
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'))
from process import Process, StartError, free_port, stop_all  # noqa: E402 pylint: disable=wrong-import-position
from redis_tls import Authority, write  # noqa: E402 pylint: disable=wrong-import-position

RATE = 1000
MOST_P99, MOST_ADDED, MOST_GROWTH = 2.0, 1.0, 0.5  # milliseconds; MB added by hostile clients, and by a day's scrapes


class Port:
    def __init__(self, program, folder, *arguments, context=None):
        self.port, self.context = free_port(), context
        self.process = Process([program, f'--web.listen-address=127.0.0.1:{self.port}', '--no-postgres.discover',
                                '--redis.addr=', *arguments], os.path.join(folder, f'port-{self.port}.log'))
        self.process.wait_ready(lambda: Client(self).get('/-/healthy')[0] == 200)

    def resident(self):
        with open(f'/proc/{self.process.pid}/statm', encoding='ascii') as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def cpu(self):
        with open(f'/proc/{self.process.pid}/stat', encoding='ascii') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Client:
    """One kept connection."""

    def __init__(self, port):
        self.connection = socket.create_connection(('127.0.0.1', port.port), 10)
        if port.context:
            self.connection = port.context.wrap_socket(self.connection, server_hostname='localhost')

    def get(self, path):
        """(status, bytes of the body)"""
        self.connection.sendall(f'GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n'.encode())
        data = b''
        while b'\r\n\r\n' not in data:
            data += self.more()
        head, _, body = data.partition(b'\r\n\r\n')
        length = int(next(line for line in head.lower().split(b'\r\n') if line.startswith(b'content-length:'))[15:])
        got = len(body)
        while got < length:
            got += len(self.more())
        return int(head[9:12]), length

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise StartError('the connection ended')
        return data


def paced(port, seconds):
    """Latencies in milliseconds, sorted, of RATE requests a second; and how far the last was behind its time."""
    client = Client(port)
    client.get('/')
    times, start = [], time.perf_counter()
    for number in range(RATE * seconds):
        due = start + number / RATE
        while (now := time.perf_counter()) < due:
            time.sleep(max(0.0, due - now - 0.0002))
        begin = time.perf_counter()
        client.get('/')
        times.append((time.perf_counter() - begin) * 1e3)
    behind = time.perf_counter() - start - seconds
    return sorted(times), behind


class Others:
    """Eight clients that drip, and a thousand that do nothing."""

    def __init__(self, port):
        self.idle = [socket.create_connection(('127.0.0.1', port.port)) for _ in range(1000)]
        self.port, self.going = port, True
        self.thread = threading.Thread(target=self.drip, daemon=True)
        self.thread.start()

    def drip(self):
        slow = []
        while self.going:
            while len(slow) < 8:
                slow.append(socket.create_connection(('127.0.0.1', self.port.port)))
            for one in list(slow):
                try:
                    one.send(b'G')
                except OSError:
                    slow.remove(one)
            time.sleep(0.2)

    def end(self):
        self.going = False
        self.thread.join()
        for one in self.idle:
            one.close()


def hostile(port):
    """MB that heads without an end add, at the most."""
    before, most, held = port.resident(), 0.0, []
    for number in range(1500):
        one = socket.create_connection(('127.0.0.1', port.port))
        one.setblocking(False)
        try:
            one.send(b'GET / HTTP/1.1\r\nX: ' + b'x' * 15000)
        except OSError:
            pass
        held.append(one)
        if number % 50 == 0:
            most = max(most, port.resident() - before)
    time.sleep(0.2)
    most = max(most, port.resident() - before)
    for one in held:
        one.close()
    return most


def day(port, scrapes):
    """[(scrapes so far, MB, descriptors)] of that many in a row, and the CPU time of one in milliseconds."""
    client, rows = Client(port), []
    for _ in range(200):
        client.get('/metrics')
    begin = port.cpu()
    for number in range(scrapes + 1):
        if number in (0, scrapes // 2, scrapes):
            rows.append((number, port.resident(), port.descriptors()))
        client.get('/metrics')
    return rows, (port.cpu() - begin) * 1e3 / (scrapes + 1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('program')
    arguments.add_argument('--seconds', type=int, default=10)
    arguments.add_argument('--scrapes', type=int, default=86400)
    options = arguments.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    folder, bad = tempfile.mkdtemp(prefix='port.'), []
    try:
        authority = Authority(folder, 'authority')
        certificate, key = authority.sign('localhost', 'subjectAltName=DNS:localhost')
        os.chmod(key, 0o600)
        config = write(os.path.join(folder, 'web.yml'), f'tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\n')
        context = ssl.create_default_context(cafile=authority.certificate)
        print(f'{RATE} requests a second on one connection, for {options.seconds} s:\n\n'
              '| | p50 | p99 | longest | behind at the end |\n|---|---|---|---|---|')
        plain = Port(options.program, folder)
        for title, port in (('plain', plain), ('TLS', Port(options.program, folder, f'--web.config.file={config}',
                                                           context=context))):
            for beside in (False, True):
                others = Others(port) if beside else None
                times, behind = paced(port, options.seconds)
                if others:
                    others.end()
                p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
                print(f'| {title}{", beside 8 that drip and 1000 that idle" if beside else ""} | {p50:.2f} ms | {p99:.2f} ms |'
                      f' {times[-1]:.1f} ms | {max(0.0, behind) * 1e3:.0f} ms |')
                bad += [f'{title}: p99 {p99:.2f} ms'] * (p99 > MOST_P99) + [f'{title}: behind'] * (behind > 0.1)
        added = hostile(plain)
        print(f'\n1500 clients with heads of 15 kB that never end add {added:.2f} MB.')
        bad += [f'hostile clients add {added:.2f} MB'] * (added > MOST_ADDED)
        rows, cost = day(plain, options.scrapes)
        print(f'\nScrapes in a row, {cost:.2f} ms of CPU time each:\n\n| scrapes | memory | descriptors |\n|---|---|---|')
        for number, memory, descriptors in rows:
            print(f'| {number} | {memory:.1f} MB | {descriptors} |')
        grown = rows[-1][1] - rows[1][1]
        bad += [f'memory grew by {grown:.2f} MB'] * (grown > MOST_GROWTH) + ['descriptors'] * (rows[-1][2] > rows[0][2] + 2)
    except StartError as error:
        bad.append(str(error))
    finally:
        stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    for line in bad:
        print(f'over the limit: {line}', file=sys.stderr)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
