'use strict';
'require baseclass';
'require request';

// JSON-RPC to ubus objects: what LuCI's rpc.js does with calls and replies.
const interceptors = [];
let requestID = 1;
let sessionID = L.env.sessionid ?? '00000000000000000000000000000000';
let baseURL = L.url('admin/ubus');

const sameKind = (a, b) => Object.prototype.toString.call(a) == Object.prototype.toString.call(b);

return baseclass.extend({
	call(req, done, nobatch) {
		return request.post(baseURL, req, {
			timeout: (L.env.rpctimeout ?? 20) * 1000,
			nobatch,
			credentials: true
		}).then(done, done);
	},

	parseCallReply(req, res) {
		let msg;

		if (res instanceof Error)
			return req.reject(res);
		try {
			if (!res.ok)
				L.raise('RPCError', 'RPC call to %s/%s failed with HTTP error %d: %s',
					req.object, req.method, res.status, res.statusText || '?');
			msg = res.json();
		}
		catch (e) {
			return req.reject(e);
		}
		Promise.all(interceptors.map(fn => fn(msg, req)))
			.then(() => this.handleCallReply(req, msg))
			.catch(req.reject);
	},

	handleCallReply(req, msg) {
		let ret = null;

		if (!L.isObject(msg) || msg.jsonrpc != '2.0')
			L.raise('RPCError', 'RPC call to %s/%s returned invalid message frame', req.object, req.method);
		if (L.isObject(msg.error) && msg.error.code && msg.error.message)
			L.raise('RPCError', 'RPC call to %s/%s failed with error %d: %s',
				req.object, req.method, msg.error.code, msg.error.message);

		if (!req.object && !req.method) {
			ret = msg.result;
		}
		else if (Array.isArray(msg.result)) {
			if (req.raise && msg.result[0] !== 0)
				L.raise('RPCError', 'RPC call to %s/%s failed with ubus code %d: %s',
					req.object, req.method, msg.result[0], this.getStatusText(msg.result[0]));
			ret = msg.result.length > 1 ? msg.result[1] : msg.result[0];
		}

		const key = Object.keys(req.expect ?? {})[0]; // there is one, or the first counts

		if (key != null) {
			if (ret != null && key != '')
				ret = ret[key];
			if (ret == null || !sameKind(ret, req.expect[key]))
				ret = req.expect[key];
		}
		if (typeof(req.filter) == 'function')
			ret = req.filter.apply(this, [ ret, req.params ].concat(req.priv));
		req.resolve(ret);
	},

	list(...args) {
		const msg = { jsonrpc: '2.0', id: requestID++, method: 'list', params: args.length ? args : undefined };

		return new Promise((resolve, reject) => {
			this.call(msg, res => this.parseCallReply({ resolve, reject }, res));
		});
	},

	// declare returns a function of the declared parameters; arguments after
	// them are for the filter.
	declare(options) {
		return (...args) => new Promise((resolve, reject) => {
			const params = {};
			let named = 0;

			if (Array.isArray(options.params)) {
				for (named = 0; named < options.params.length; named++)
					params[options.params[named]] = args[named];
			}
			else if (L.isObject(options.params)) {
				for (const key of Object.keys(options.params))
					if (L.isObject(args[0]) && key in args[0])
						params[key] = args[0][key];
				named = 1;
			}

			const req = {
				expect: options.expect, filter: options.filter, object: options.object, method: options.method,
				raise: options.reject, priv: args.slice(named), resolve, reject, params
			};
			const msg = {
				jsonrpc: '2.0', id: requestID++, method: 'call',
				params: [ sessionID, options.object, options.method, params ]
			};

			this.call(msg, res => this.parseCallReply(req, res), options.nobatch);
		});
	},

	getSessionID() { return sessionID; },
	setSessionID(id) { sessionID = id; },
	getBaseURL() { return baseURL; },
	setBaseURL(url) { baseURL = url; },

	getStatusText(status) {
		return [
			_('Command OK'), _('Invalid command'), _('Invalid argument'), _('Method not found'),
			_('Resource not found'), _('No data received'), _('Permission denied'), _('Request timeout'),
			_('Not supported'), _('Unspecified error'), _('Connection lost')
		][status] ?? _('Unknown error code');
	},

	addInterceptor(fn) {
		if (typeof(fn) == 'function')
			interceptors.push(fn);
		return fn;
	},

	removeInterceptor(fn) {
		const at = interceptors.indexOf(fn);

		if (at >= 0)
			interceptors.splice(at, 1);
		return at >= 0;
	}
});
