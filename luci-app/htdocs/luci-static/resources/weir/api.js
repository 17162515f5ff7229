'use strict';
'require baseclass';
'require rpc';
'require weir.format as format';
'require weir.watch as watch';

// All that pages ask of the daemon goes through here: calls that fail with our
// words, and the two ways to stay up to date, which rest while nobody looks.

const STATUS = { 2: 'invalid_argument', 3: 'method_not_found', 6: 'permission_denied', 7: 'timeout', 8: 'not_supported' };
const FRESH = 900;   // ms in which a reply still answers
const SILENCE = 6;   // seconds without a notification until we ask instead

const startService = rpc.declare({ object: 'file', method: 'exec', params: [ 'command', 'params' ], reject: true });

let recent = []; // what was asked for within FRESH

function problem(code, message, hint) {
	return Object.assign(new Error(message), { code, hint: hint || null });
}

// failure is what went wrong by a reply, or null. A failing method says why beside
// its status, where rpc.js does not look.
function failure(msg) {
	const code = msg.error ? msg.error.code : 0, [ status, said ] = Array.isArray(msg.result) ? msg.result : [ 0 ];

	if (status && said && said.message)
		return problem(said.code, said.message, said.hint);

	if (code == -32000 || status == 4 || status == 10)
		return problem('stopped', _('The traffic monitor is not running.'));

	if (code == -32002 || status == 6)
		return problem('permission_denied', _('You are not allowed to see this.'), _('Log in as a user who may use the traffic monitor.'));

	return (code || status) ? problem(STATUS[status] || 'failed', msg.error ? msg.error.message : rpc.getStatusText(status)) : null;
}

rpc.addInterceptor((msg, req) => {
	const error = (req.object == 'weir' && msg) ? failure(msg) : null;

	return error && Promise.reject(error);
});

function ask(method, args, alone, empty) {
	const given = Object.keys(args || {}).filter((k) => args[k] != null && (empty || args[k] !== ''));
	const fn = rpc.declare({ object: 'weir', method: method, params: given, reject: true, nobatch: !!alone });

	return fn(...given.map((k) => args[k])).then((reply) => {
		if (reply && reply.ts)
			format.sync(reply.ts);

		return reply;
	}, (e) => {
		throw e.code ? e : problem('offline', _('The router does not answer.'), e.message);
	});
}

// call asks once for what several parts of a page want at the same time.
function call(method, args, alone) {
	const key = method + JSON.stringify(args || {}), now = Date.now();

	recent = recent.filter((r) => now - r.at < FRESH);

	const known = recent.find((r) => r.key == key);

	if (known)
		return known.reply;

	const reply = ask(method, args, alone);

	recent.push({ key, at: now, reply });
	reply.catch(() => { recent = recent.filter((r) => r.reply != reply); });

	return reply;
}

// write asks for a change: there, empty text is a value, which takes away.
function write(method, args) {
	return ask(method, args, false, true).finally(() => { recent = []; });
}

function canWrite() { return L.hasViewPermission() === true; }

function start() {
	return startService('/etc/init.d/weir', [ 'start' ]).then((done) => {
		if (done.code)
			throw new Error(done.stderr || done.stdout || '');
	}).catch((e) => {
		throw problem('failed', _('The service could not be started.'), e.message);
	});
}

// listen reads server-sent events until they end; fn gets what each tells.
function listen(signal, fn) {
	const url = (L.env.ubuspath || '/ubus').replace(/\/$/, '') + '/subscribe/weir';
	const options = { headers: { 'Authorization': 'Bearer ' + rpc.getSessionID() }, cache: 'no-store', signal };

	return fetch(url, options).then((res) => {
		if (!res.ok || !res.body)
			throw problem('not_supported', _('Notifications cannot be subscribed to.'));

		const reader = res.body.getReader(), decoder = new TextDecoder();
		let rest = '';

		const next = () => reader.read().then((part) => {
			if (part.done)
				throw problem('offline', _('The router does not answer.'));

			const events = (rest + decoder.decode(part.value, { stream: true })).split('\n\n');

			rest = events.pop();
			events.map((e) => e.split('\n')).forEach((lines) => {
				if (lines.indexOf('event: live') >= 0)
					fn(JSON.parse(lines.filter((l) => l.startsWith('data:')).map((l) => l.slice(5)).join('')));
			});

			return next();
		});

		return next();
	});
}

// ticks turns a reply of the method live into what notifications would have told.
function ticks(reply, by, since, fn) {
	reply.total.rx.forEach((rx, i) => {
		const ts = reply.start + i * (reply.step || 1);
		const members = reply.members.map((m) => ({ id: +m.key, key: m.key, label: m.label, rx: m.rx[i], tx: m.tx[i] }));

		if (ts > since && rx != null)
			fn({ ts, rx, tx: reply.total.tx[i], flows: null, devices: (by == 'app') ? [] : members, apps: (by == 'app') ? members : [] });
	});
}

function live(node, fn, by) {
	let asking = false, last = 0, stop = null, patience = null;

	const tell = (tick) => {
		if (!node.isConnected)
			return self.now(); // which ends it when the page was left

		last = tick.ts;
		format.sync(tick.ts);
		fn(tick);
	};

	const catchUp = (done) => {
		const kind = by ? by() : 'device';

		call('live', { since: last ? last + 1 : null, seconds: last ? null : 10, by: kind, limit: 8 })
			.then((reply) => ticks(reply, kind, last, tell)).then(() => done(), done);
	};

	const subscribe = (done, well) => {
		const abort = new AbortController();
		let heard = false, over = false;

		const end = (error) => {
			if (over)
				return;

			over = true;
			clearTimeout(patience);
			abort.abort();
			asking = asking || !heard;
			done(heard || !asking ? error : null);
		};

		const wait = () => {
			clearTimeout(patience);
			patience = setTimeout(end, SILENCE * 1000, problem('timeout', _('The router does not answer.')));
		};

		stop = () => { over = true; clearTimeout(patience); abort.abort(); };
		wait();
		listen(abort.signal, (tick) => {
			if (over)
				return;

			heard = true;
			well();
			wait();
			tell(tick);
		}).catch((e) => end(e.code ? e : problem('offline', _('The router does not answer.'), e.message)));
	};

	const self = watch.task(node, 2, (done, well) => (asking ? catchUp(done) : subscribe(done, well)), () => { if (stop) stop(); });

	return self;
}

return baseclass.extend({ call, write, canWrite, poll: watch.poll, live, start });
