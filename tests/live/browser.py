"""A headless Chromium and what a test wants from it, over the DevTools protocol."""
import base64
import json
import os
import pwd
import time

import websocket

from process import Process, get_json, wait_for
from servers import need


class Browser:
    """One tab. What the page logs, the policy refuses and the network asks for is collected from the start."""

    def __init__(self, folder):
        profile = os.path.join(folder, 'chromium')
        os.makedirs(profile)
        arguments = [need('chromium'), '--headless=new', '--remote-debugging-port=0', '--remote-allow-origins=*', '--hide-scrollbars',
                     '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update',
                     '--force-device-scale-factor=1', f'--user-data-dir={profile}', 'about:blank']
        if os.geteuid() == 0:  # its sandbox wants a user other than root
            nobody = pwd.getpwnam('nobody')
            os.chown(profile, nobody.pw_uid, nobody.pw_gid)
            arguments = ['setpriv', '--reuid', 'nobody', '--regid', str(nobody.pw_gid), '--clear-groups', 'env', f'HOME={profile}', *arguments]
        self.process = Process(arguments, os.path.join(folder, 'chromium.log'))
        self.asked, self.noise, self.replies, self.number = [], [], {}, 0
        port_file = os.path.join(profile, 'DevToolsActivePort')
        self.process.wait_ready(lambda: os.path.exists(port_file) and open(port_file, encoding='ascii').read().count('\n'), 30)
        self.port = int(open(port_file, encoding='ascii').readline())
        page = next(tab for tab in get_json(f'http://127.0.0.1:{self.port}/json/list') if tab['type'] == 'page')
        self.socket = websocket.create_connection(page['webSocketDebuggerUrl'], timeout=30)
        for domain in ('Page', 'Runtime', 'Log', 'Network', 'Audits'):
            self.call(f'{domain}.enable')

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({'id': self.number, 'method': method, 'params': parameters}))
        while self.number not in self.replies:
            self.receive()
        reply = self.replies.pop(self.number)
        if 'error' in reply:
            raise RuntimeError(f'{method}: {reply["error"]}')
        return reply['result']

    def receive(self):
        message = json.loads(self.socket.recv())
        if 'id' in message:
            self.replies[message['id']] = message
            return
        method, what = message['method'], message['params']
        if method == 'Network.requestWillBeSent':
            self.asked.append(what['request']['url'])
        elif method == 'Log.entryAdded':
            self.noise.append(f'{what["entry"]["source"]}: {what["entry"]["text"]} {what["entry"].get("url", "")}')
        elif method == 'Runtime.consoleAPICalled':
            self.noise.append('console: ' + ' '.join(str(argument.get('value', argument.get('description'))) for argument in what['args']))
        elif method == 'Runtime.exceptionThrown':
            self.noise.append(f'exception: {what["exceptionDetails"].get("exception", {}).get("description", what)}')
        elif method == 'Audits.issueAdded' and what['issue']['code'] == 'ContentSecurityPolicyIssue':
            self.noise.append(f'policy: {what["issue"]["details"]}')

    def open(self, url, width=1600, height=1000, dark=False):
        self.size(width, height)
        self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.call('Page.navigate', url=url)

    def size(self, width, height=1000):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)

    def run(self, script):
        """The value of an expression in the page; RuntimeError with what it threw."""
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(result['exceptionDetails'].get('exception', {}).get('description', str(result)))
        return result['result'].get('value')

    def wait(self, script, seconds=10):
        """The first true value of an expression within `seconds`, or None."""
        def value():
            try:
                return self.run(script)
            except RuntimeError:  # the page is not there yet
                return None
        return wait_for(value, seconds, 0.05)

    def press(self, key, text=None):
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, **({'text': text} if text and kind == 'keyDown' else {}))

    def picture(self, path, whole=False):
        shot = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        with open(path, 'wb') as file:
            file.write(base64.b64decode(shot['data']))

    def stop(self):
        self.socket.close()
        self.process.stop()
