"""The live page in a headless Chromium: what it shows is what /metrics says, and it does nothing else."""
import os
import time

from faults import sample
from process import StartError, free_port, wait_for
from report import check, skip
from servers import Docker, Exporter

HOSTILE = '<img src=x onerror=alert(1)>'
TEXTFILE = f'''# HELP shop_orders_total Orders <b>taken</b>.
# TYPE shop_orders_total counter
shop_orders_total{{kind="{HOSTILE}"}} 7
'''
# What the text format allows and a hasty parser gets wrong.
ODD = r'''# HELP odd_total A line\nand a \\.
# TYPE odd_total counter
odd_total{a="} 5 {",b="q\"\\\n"} 10
odd_total 1 1700000000000
# TYPE took_seconds histogram
took_seconds_bucket{le="0.5"} 3
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 2.5
took_seconds_count 4
# TYPE ends gauge
ends{of="up"} +Inf
ends{of="down"} -Inf
ends{of="nothing"} NaN
end 2'''
PROBE = '''(text => {
  parse(text); page.span = 2
  const all = [...page.families.values()].flat()
  return {values: Object.fromEntries(all.map(s => [s.key, String(s.value)])), labels: {...all[0].labels}, help: page.helps.get('odd_total'),
    rate: rate(all[0]), counters: all.filter(s => kindOf(s).counter).map(s => s.name), series: page.series}
})'''


def text_of(browser, selector):
    return browser.run(f'document.querySelector({selector!r})?.innerText ?? ""')


def tile(browser, section, title):
    """The text of one tile."""
    return text_of(browser, f'#{section} [role=group][aria-label="{title}"]')


def rows(browser, title):
    """The cells of a list, as text."""
    return browser.run(f"""[...document.querySelectorAll('table[aria-label="{title}"] tbody tr')]
        .map(line => [...line.children].map(cell => cell.textContent))""")


def parser(browser):
    """A page of our own is read instead of the exporter's, twice."""
    browser.run(f'{PROBE}({ODD!r})')
    second = browser.run(f'{PROBE}({ODD.replace("} 10", "} 4")!r})')
    check(second['values'] == {r'odd_total{a="} 5 {",b="q\"\\\n"}': '4', 'odd_total': '1', 'took_seconds_bucket{le="0.5"}': '3',
                               'took_seconds_bucket{le="+Inf"}': '4', 'took_seconds_sum': '2.5', 'took_seconds_count': '4',
                               'ends{of="up"}': 'Infinity', 'ends{of="down"}': '-Infinity', 'ends{of="nothing"}': 'NaN', 'end': '2'},
          'page: reads braces and blanks in labels, infinities, NaN and timestamps', second)
    check(second['labels'] == {'a': '} 5 {', 'b': 'q"\\\n'} and second['help'] == 'A line\nand a \\.',
          'page: takes escapes back', second)
    check(second['rate'] == 2, 'page: a counter that fell was set to 0 in between', second['rate'])
    check(second['counters'] == ['odd_total'] * 2 + ['took_seconds_bucket'] * 2 + ['took_seconds_sum', 'took_seconds_count'],
          'page: parts of a histogram are counters', second['counters'])
    fewer = browser.run(f'{PROBE}({ODD[ODD.index("# TYPE took"):ODD.index("# TYPE ends")]!r})')
    check(fewer['series'] == 4, 'page: series that are gone are forgotten', fewer)


def values(browser, exporter, started):
    """Numbers that stand still, against those of /metrics and of the servers."""
    metrics = exporter.page()[2]
    total = float(sample(metrics, 'node_memory_MemTotal_bytes'))
    shown = f'{total / 2 ** 30:.3g}'
    check(f'of {shown}' in tile(browser, 'host', 'Memory'), f'page: Memory of {shown} GiB', tile(browser, 'host', 'Memory'))
    for title, name in (('1 min', 'node_load1'), ('15 min', 'node_load15')):
        good = wait_for(lambda n=name, t=title: f'{t} {float(sample(exporter.page()[2], n)):.2f}' in tile(browser, 'host', 'Load'), 5)
        check(good, f'page: load, {title}', tile(browser, 'host', 'Load'))
    check(text_of(browser, '#host-name') == os.uname().nodename and os.uname().release in text_of(browser, '#host-facts'),
          'page: name and kernel of the machine', text_of(browser, 'header'))
    samples = lambda: sum(line[:1] not in ('#', '') for line in exporter.page()[2].splitlines())
    check(wait_for(lambda: browser.run('page.series') == samples(), 5), 'page: every series was read',
          f'{browser.run("page.series")} of {samples()}')
    sizes = {line[0].split()[0] for line in rows(browser, 'File systems')}
    check(any(size.startswith('/') for size in sizes), 'page: file systems', sizes)
    check(len(rows(browser, 'Collectors')) == 20, 'page: collectors', rows(browser, 'Collectors'))
    if started.get('postgres'):
        most = started['postgres'].query('SHOW max_connections')
        check(f'of {most}' in tile(browser, 'postgres', 'Connections'), f'page: PostgreSQL has connections, of {most}',
              text_of(browser, '#postgres'))
        check({row[0] for row in rows(browser, 'Databases')} >= {'watched', 'other'}, 'page: databases', rows(browser, 'Databases'))
    if started.get('redis'):
        keys = sum(int(field.split(',')[0][5:]) for field in started['redis'].info('keyspace').values())
        check(f'all {keys}' in tile(browser, 'redis', 'Keys'), f'page: Redis has {keys} keys', tile(browser, 'redis', 'Keys'))
    if started.get('container'):
        names = {row[0] for row in rows(browser, 'Containers')}
        check(any(Docker.BUSY in name for name in names) and any(Docker.IDLE in name for name in names), 'page: containers', names)


def goes_on(browser):
    points = 'board("host").parts.get("CPU").chart.rings[0].data.filter(Number.isFinite).length'
    before = browser.run(points)
    check(before > 0 and browser.wait(f'{points} > {before + 1}', 5), f'page: the chart of the CPU grows from {before} points')
    check(browser.run('document.querySelector(\'[aria-label="CPU"] path:not(.area)[d^=M]\') !== null'), 'page: and is drawn')
    browser.run('document.getElementById("pause").click()')
    stopped = browser.run('page.readings')
    time.sleep(0.6)
    check(browser.run('page.readings') <= stopped + 1 and text_of(browser, '#state') == 'paused', 'page: Pause stops it')
    browser.run('document.getElementById("pause").click()')
    check(browser.wait(f'page.readings > {stopped + 2}', 5), 'page: and lets it go on')
    hide = 'Object.defineProperty(document, "hidden", {value: %s, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))'
    browser.run(hide % 'true')
    browser.wait('!clock.busy', 5)
    stopped = browser.run('page.readings')
    time.sleep(0.6)
    check(browser.run('page.readings') == stopped, 'page: a tab that is hidden reads nothing')
    browser.run(hide % 'false')
    check(browser.wait(f'page.readings > {stopped}', 5), 'page: and goes on when it is seen again')


def sorting(browser):
    """By a column's button, both ways."""
    button = 'document.querySelector(\'table[aria-label="Collectors"] th:nth-child(1) button\')'
    orders = []
    for want in ('ascending', 'descending'):
        browser.run(f'{button}.click()')
        names = [row[0] for row in rows(browser, 'Collectors')]
        orders.append(names == sorted(names, reverse=want == 'descending') and
                      browser.run(f'{button}.parentNode.getAttribute("aria-sort")') == want)
    check(orders == [True, True], 'page: lists are sorted up and down', orders)


def search(browser):
    browser.press('/', '/')
    check(browser.run('document.activeElement.id') == 'search', 'page: / goes to the search')
    browser.call('Input.insertText', text='ORDERS img')
    browser.run('document.querySelector("#found button")?.click()')
    browser.wait('document.querySelector("#found .big")?.textContent === "0/s"', 5)
    found = text_of(browser, '#found')
    check(f'shop_orders_total{{kind="{HOSTILE}"}}' in found and '\n7\n' in found and 'counter. Orders <b>taken</b>.' in found,
          'page: a found series, its value and its help, HTML as text', found)
    check(browser.run('document.querySelector("#found input").value') == f'rate(shop_orders_total{{kind="{HOSTILE}"}}[5m])',
          'page: PromQL of a counter')
    check(browser.run('document.querySelectorAll("img, b, script").length') == 1, 'page: no element came out of a label')
    browser.press('Escape')
    check(browser.run('document.getElementById("series").hidden'), 'page: Escape ends the search')


def widths(browser):
    for width in (375, 800, 1600):
        browser.size(width)
        wide = browser.run('document.documentElement.scrollWidth')
        check(wide <= width, f'page: {width} pixels are wide enough', wide)


def theme(browser, url):
    browser.run('document.getElementById("theme").click()')
    browser.call('Page.navigate', url='about:blank')
    browser.open(url)
    check(browser.wait('document.documentElement.dataset.theme === "dark"', 5), 'page: dark stays dark')


def trouble(browser, exporter, again):
    """The server refuses, is away and comes back."""
    browser.run('window.real = fetch; window.code = 401; window.fetch = async () => new Response("busy, try again", {status: window.code})')
    shows = lambda words: browser.wait(f'!document.getElementById("trouble").hidden && document.getElementById("trouble").textContent.includes("{words}")', 5)
    check(shows('wants a login (401)'), 'page: says that it is not let in', text_of(browser, '#trouble'))
    browser.run('window.code = 503')
    check(shows('503: busy, try again'), 'page: says what the server answers', text_of(browser, '#trouble'))
    browser.run('window.fetch = window.real')
    check(browser.wait('document.getElementById("trouble").hidden', 5), 'page: and goes on')
    quiet = len(browser.noise)
    exporter.process.stop()
    check(shows('cannot be reached'), 'page: says that the server is gone', text_of(browser, '#trouble'))
    again()
    check(browser.wait('document.getElementById("trouble").hidden', 10), 'page: and goes on when it is back')
    del browser.noise[quiet:]  # the browser's own words about the lost connection


def everything(program, folder, started):
    try:
        from browser import Browser  # needs python3-websocket
        browser = Browser(folder)
    except (ImportError, StartError) as error:
        skip('page: everything', error)
        return
    own = os.path.join(folder, 'page')
    os.makedirs(own)
    with open(os.path.join(own, 'shop.prom'), 'w', encoding='ascii') as file:
        file.write(TEXTFILE)
    port = free_port()

    def start(name='page'):
        return Exporter(program, folder, started.get('postgres'), started.get('redis'), started.get('container'), name=name,
                        arguments=[f'--web.listen-address=127.0.0.1:{port}', f'--collector.textfile.directory={own}',
                                   '--web.external-url=http://proxy.example.com/monitor/'])
    exporter = start()
    base = f'http://127.0.0.1:{port}/monitor/'
    url = base + '#every=0.2'
    browser.open(url)
    good = browser.wait('page.readings > 3', 15)
    check(good, 'page: reads the metrics', browser.noise)
    if good:
        values(browser, exporter, started)
        goes_on(browser)
        sorting(browser)
        search(browser)
        widths(browser)
        theme(browser, url)
        browser.wait('page.readings > 3', 15)
        trouble(browser, exporter, lambda: start('page-again'))
        browser.run('document.getElementById("pause").click()')
        browser.wait('!clock.busy', 5)
        parser(browser)
    check(not browser.noise, 'page: no error, and nothing that the policy had to refuse', '\n'.join(browser.noise))
    check(set(browser.asked) - {'about:blank'} == {base, base + 'metrics'}, 'page: asks for the metrics and for nothing else', set(browser.asked))
    browser.stop()
