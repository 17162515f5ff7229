import { Class } from './class.js';
import { classes } from './classes.js';
import { Poll } from './poll.js';
import { Response } from './response.js';

export const Request = Class.singleton({
	__name__: 'LuCI.request',

	interceptors: [],
	queue: [], // calls that go out together with the next frame

	expandURL(url) {
		return /^(?:[^/]+:)?\/\//.test(url) ? url : location.protocol + '//' + location.host + url;
	},

	request(target, options) {
		return Promise.resolve(target).then(url => new Promise((resolve, reject) => {
			const opt = Object.assign({}, options, { url: this.expandURL(url), start: Date.now() });

			opt.method = String(opt.method ?? 'GET').toUpperCase();
			this.addQuery(opt);
			if (!opt.cache)
				opt.url += (opt.url.includes('?') ? '&' : '?') + Date.now();
			if (this.batches(opt)) {
				this.queue.push({ opt, resolve, reject });
				requestAnimationFrame(() => this.flush());
				return;
			}
			this.send(opt, resolve, reject);
		}));
	},

	addQuery(opt) {
		const enc = encodeURIComponent;
		const query = Object.entries(opt.query ?? {}).map(([ k, v ]) =>
			v == null ? enc(k) : enc(k) + '=' + enc(typeof(v) == 'object' ? JSON.stringify(v) : v)).join('&');

		if (query != '')
			opt.url += (opt.url.includes('?') ? '&' : '?') + query;
	},

	batches(opt) {
		const rpc = classes.rpc?.getBaseURL?.();

		return rpc != null && opt.method == 'POST' && typeof(opt.content) == 'object' &&
			opt.nobatch !== true && opt.url.startsWith(this.expandURL(rpc));
	},

	// flush sends what waits as one array. As in LuCI all of it waits for the
	// slowest, and the options of the first hold for all.
	flush() {
		const batch = this.queue.splice(0);

		if (!batch.length)
			return;

		const opt = Object.assign({}, batch[0].opt, { content: batch.map(one => one.opt.content), nobatch: true });

		this.request(classes.rpc.getBaseURL(), opt).then(reply => {
			let all = null;

			try { all = reply.json(); }
			catch (e) { /* not a reply to any of them */ }
			for (const one of batch)
				if (Array.isArray(all) && all.length)
					one.resolve(reply.clone(all.shift()));
				else
					one.reject(new Error('No related RPC reply'));
		}).catch(error => batch.forEach(one => one.reject(error)));
	},

	send(opt, resolve, reject) {
		const xhr = opt.xhr = new XMLHttpRequest();
		let content = opt.content ?? null, type = null;

		if (typeof(content) == 'function')
			content = content(xhr);
		else if (content != null && typeof(content) == 'object' && !(content instanceof FormData))
			content = JSON.stringify(content), type = 'application/json';

		xhr.onreadystatechange = () => this.handleReadyStateChange.call(opt, resolve, reject);
		xhr.open(opt.method, opt.url, true);
		xhr.responseType = opt.responseType ?? 'text';
		if ('timeout' in opt)
			xhr.timeout = +opt.timeout;
		for (const name of Object.keys(opt.headers ?? {}))
			if (name.toLowerCase() == 'content-type')
				type = opt.headers[name];
			else
				xhr.setRequestHeader(name, opt.headers[name]);
		if ('progress' in opt)
			xhr.upload.addEventListener('progress', opt.progress);
		if (opt.responseProgress != null)
			xhr.addEventListener('progress', opt.responseProgress);
		if (type != null)
			xhr.setRequestHeader('Content-Type', type);
		xhr.send(content);
	},

	handleReadyStateChange(resolve, reject) {
		const xhr = this.xhr, duration = Date.now() - this.start;

		if (xhr.readyState !== 4)
			return;
		if (xhr.status === 0 && xhr.statusText === '') {
			reject(new Error(duration >= this.timeout ? 'XHR request timed out' : 'XHR request aborted by browser'));
			return;
		}

		const response = new Response(xhr, xhr.responseURL ?? this.url, duration);

		Promise.all(Request.interceptors.map(fn => fn(response))).then(() => resolve(response), reject);
	},

	get(url, options) {
		return this.request(url, Object.assign({ method: 'GET' }, options));
	},

	post(url, data, options) {
		return this.request(url, Object.assign({ method: 'POST', content: data }, options));
	},

	addInterceptor(fn) {
		if (typeof(fn) == 'function')
			this.interceptors.push(fn);
		return fn;
	},

	removeInterceptor(fn) {
		const before = this.interceptors.length;

		this.interceptors = this.interceptors.filter(one => one !== fn);
		return this.interceptors.length < before;
	},

	poll: {
		add(interval, url, options, callback) {
			if (isNaN(interval) || interval <= 0)
				throw new TypeError('Invalid poll interval');

			const seconds = interval >>> 0, opt = Object.assign({}, options, { timeout: seconds * 1000 - 5 });
			const fn = () => Request.request(url, opt).then(res => {
				let json = null;

				if (!Poll.active())
					return;
				try { json = res.json(); }
				catch (e) { /* not JSON: the callback sees null */ }
				callback(res, json, res.duration);
			});

			return Poll.add(fn, seconds) ? fn : null;
		},

		remove(fn) { return Poll.remove(fn); },
		start() { return Poll.start(); },
		stop() { return Poll.stop(); },
		active() { return Poll.active(); }
	}
});
