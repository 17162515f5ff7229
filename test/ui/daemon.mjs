// A weir of their own for tests: it replays a capture, keeps its history in a
// folder of its own and serves the pages on a port of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// What ui_test.go makes: the program weir, captures and databases of places.
const made = process.env.WEIR_UI;

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

const config = (dir, port) => `config weir 'main'
	option idle_timeout '2h'
	option active_timeout '10s'
	option host_idle '1d'

config store 'store'
	option path '${dir}/store'
	option snapshot_path ''

config api 'api'
	option ubus '0'
	option socket '${dir}/sock'
	list listen '127.0.0.1:${port}'
	option token_file '${dir}/token'

config geo 'geo'
	option country '${made}/country.db'
	option asn '${made}/asn.db'
	option vendor '${made}/vendor.db'
`;

export class Daemon {
	// start runs weir on a capture of ui_test.go: 'evening' or 'crowd'. Without a
	// pace it reads all at once, and what it tells then stays as it is.
	static async start(name, capture, ...options) {
		const d = new Daemon();
		d.dir = join(made, name);
		mkdirSync(d.dir, { recursive: true });
		const port = await freePort();
		d.url = `http://127.0.0.1:${port}`;
		d.options = [ '--read', join(made, capture + '.pcap'), ...options ];
		d.file = join(d.dir, 'weir');
		writeFileSync(d.file, config(d.dir, port));
		await d.run();
		return d;
	}

	// run starts the program, again after stop.
	async run() {
		this.process = spawn(join(made, 'weir'), [ 'run', ...this.options, this.file ], { stdio: [ 'ignore', 'ignore', 'pipe' ] });
		this.process.stderr.pipe(createWriteStream(join(this.dir, 'log'), { flags: 'a' }));
		for (const end = Date.now() + 20000; ; await sleep(50)) {
			const ready = await this.call('status').then(() => true, () => false);
			if (ready)
				return;
			if (Date.now() > end || this.process.exitCode != null)
				throw new Error('weir does not answer:\n' + readFileSync(join(this.dir, 'log')));
		}
	}

	async stop() {
		if (this.process.exitCode != null)
			return;
		const ended = once(this.process, 'exit');
		this.process.kill('SIGTERM');
		await ended;
	}

	// ended waits until the capture has been read to its end.
	async ended() {
		for (const end = Date.now() + 60000; Date.now() < end; await sleep(100)) {
			const status = await this.call('status');
			if (status.sources.every(source => source.state == 'ended'))
				return;
		}
		throw new Error('the capture has no end');
	}

	token() { return readFileSync(join(this.dir, 'token'), 'utf8').trim(); }

	// login opens the pages for a browser's context.
	async login(page) {
		await page.goto(this.url + '/login');
		await page.fill('#token', this.token());
		await Promise.all([ page.waitForURL(url => !url.pathname.endsWith('/login')), page.click('button[type=submit]') ]);
	}

	page(name) { return `${this.url}/admin/weir/${name}`; }

	// call asks the daemon past the pages, over its unix socket.
	call(method, args) { return this.ask('GET', method, args); }

	// write calls a method that changes something.
	write(method, args) { return this.ask('POST', method, args); }

	ask(verb, method, args = {}) {
		return new Promise((resolve, reject) => {
			const ask = request({ socketPath: join(this.dir, 'sock'), method: verb, path: `/api/v1/${method}?${new URLSearchParams(args)}`, timeout: 10000 }, reply => {
				let body = '';
				reply.setEncoding('utf8').on('data', text => body += text).on('end', () =>
					reply.statusCode == 200 ? resolve(JSON.parse(body)) : reject(new Error(`${method}: ${reply.statusCode} ${body}`)));
			});
			ask.on('error', reject).on('timeout', () => ask.destroy(new Error(method + ': no answer'))).end();
		});
	}
}
