import { Class } from './class.js';

const Headers = Class.extend({
	__name__: 'LuCI.headers',

	__init__(xhr) {
		this.headers = {};
		for (const line of xhr.getAllResponseHeaders().split(/\r\n/)) {
			const m = /^([^:]+):(.*)$/.exec(line);
			if (m)
				this.headers[m[1].trim().toLowerCase()] = m[2].trim();
		}
	},

	has(name) {
		return this.headers.hasOwnProperty(String(name).toLowerCase());
	},

	get(name) {
		return this.has(name) ? this.headers[String(name).toLowerCase()] : null;
	}
});

export const Response = Class.extend({
	__name__: 'LuCI.response',

	__init__(xhr, url, duration, headers, content) {
		Object.assign(this, { xhr, url, duration, status: xhr.status, statusText: xhr.statusText });
		this.ok = xhr.status >= 200 && xhr.status <= 299;
		this.headers = headers ?? new Headers(xhr);
		this.responseBlob = this.responseJSON = this.responseText = null;

		if (content instanceof Blob)
			this.responseBlob = content;
		else if (content != null && typeof(content) == 'object')
			this.responseJSON = content;
		else if (content != null)
			this.responseText = String(content);
		else if (xhr.responseType == 'blob')
			this.responseBlob = xhr.response;
		else
			this.responseText = xhr.responseText;
	},

	clone(content) {
		return new Response(this.xhr, this.url, this.duration, this.headers, content);
	},

	json() {
		return (this.responseJSON ??= JSON.parse(this.responseText));
	},

	text() {
		if (this.responseText == null && this.responseJSON != null)
			this.responseText = JSON.stringify(this.responseJSON);
		return this.responseText;
	},

	blob() {
		return this.responseBlob;
	}
});
