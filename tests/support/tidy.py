#!/usr/bin/python3
"""clang-tidy over every source of a build, in parallel, skipping what passed before.

    tidy.py BUILD_DIR CACHE_DIR

A source is skipped when it, every header of this repository it includes, its compiler command, .clang-tidy and the tool
are those of a run that found nothing; such runs leave an empty file in CACHE_DIR, named by the hash of all that, for a
month after it was last of use. Clones may share it: paths in this repository count from its root. Needs a finished Ninja
build, which knows the headers. Exit status 1 when there are findings."""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

MONTH = 30 * 86400
TOOL = 'clang-tidy-14'
ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))


def headers_by_object(build):
    """{object: [files it was made from]} as Ninja recorded them."""
    found, current = {}, None
    text = subprocess.run(['ninja', '-C', build, '-t', 'deps'], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        if line.startswith('    ') and current is not None:
            current.append(os.path.realpath(os.path.join(build, line.strip())))
        elif ': #deps' in line:
            current = found.setdefault(line.split(':', 1)[0], [])
    return found


def digest(command, files, common):
    state = hashlib.sha256(common + command.replace(ROOT, '').encode())
    for path in sorted(set(files)):
        state.update(path.removeprefix(ROOT).encode())
        # Of the system's headers the names are enough: packages come and go as a whole.
        if path.startswith(ROOT + os.sep):
            with open(path, 'rb') as file:
                state.update(hashlib.sha256(file.read()).digest())
    return state.hexdigest()


def prune(cache):
    for entry in os.scandir(cache):
        if entry.stat().st_mtime < time.time() - MONTH:
            os.unlink(entry.path)


def write_commands(entries, folder):
    """compile_commands.json without the precompiled headers, which are another compiler's."""
    plain = [{**entry, 'command': re.sub(r' -Winvalid-pch| -include \S+/cmake_pch\.hxx| -fpch-preprocess', '',
                                         entry['command'])} for entry in entries]
    with open(os.path.join(folder, 'compile_commands.json'), 'w', encoding='utf-8') as file:
        json.dump(plain, file)


def examine(commands, path):
    done = subprocess.run([TOOL, '-p', commands, '--quiet', path], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout + (done.stderr if not done.stdout else '')


def main():
    build, cache = sys.argv[1:]
    os.makedirs(cache, exist_ok=True)
    prune(cache)
    commands = os.path.join(build, 'tidy')
    os.makedirs(commands, exist_ok=True)
    common = b''
    for settings in ('.clang-tidy', 'tests/.clang-tidy'):
        with open(os.path.join(ROOT, settings), 'rb') as file:
            common += file.read()
    common += subprocess.run([TOOL, '--version'], capture_output=True, check=True).stdout
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as file:
        entries = json.load(file)
    write_commands(entries, commands)
    made_from = headers_by_object(build)
    todo = {}
    for entry in entries:
        path = os.path.realpath(os.path.join(entry['directory'], entry['file']))
        if not path.startswith(ROOT + os.sep) or path.startswith(os.path.realpath(build) + os.sep):
            continue
        output = re.search(r' -o (\S+)', entry['command']).group(1)
        key = digest(entry['command'], [path, *made_from[output]], common)
        known = os.path.join(cache, key)
        if os.path.exists(known):
            os.utime(known)
        else:
            todo[path] = key
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(examine, commands, path): path for path in sorted(todo)}
        for job in concurrent.futures.as_completed(jobs):
            status, output = job.result()
            if status == 0:
                with open(os.path.join(cache, todo[jobs[job]]), 'w', encoding='ascii'):
                    pass
            else:
                failed += 1
                print(output, flush=True)
    print(f'clang-tidy: {len(entries)} sources, {len(todo)} examined, {failed} with findings')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
