import { ConfigurationError } from '@trunkline/core';

/**
 * How Node and OpenSSL name what is wrong with a certificate.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_|HOSTNAME_|PATH_LENGTH_|ERR_TLS_CERT_)/;

/** How OpenSSL names the other side's refusal of ours, or of none. */
const REFUSED =
  /^ERR_SSL_.*ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|NO_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/;

/** What keeps TLS from being set up, as what to do about it; `null` if it is something else. */
export function explainTls(thrown: Error, where: string): ConfigurationError | null {
  const { message } = thrown;
  const code = 'code' in thrown ? String(thrown.code) : '';
  const failed = (what: string, name: string): ConfigurationError =>
    new ConfigurationError(`${where} ${what}`, {
      channel: 'redis',
      code: name,
      cause: new Error(message),
    });
  if (REFUSED.test(code)) {
    return failed(
      'refuses the certificate of this server, or wants one: connect with `create` and `tls: { cert, key }`',
      'not_let_in',
    );
  }
  if (!CERTIFICATE.test(code)) return null;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return failed(
      'shows a certificate of another name: connect to a name that is in it, or with `create` and ' +
        '`tls: { servername }`',
      'not_trusted',
    );
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return failed(
      `shows a certificate that does not hold now (${message}): renew it, and check the clocks`,
      'not_trusted',
    );
  }
  return failed(
    `shows a certificate that is not trusted here (${message}): name the file of its authority in ` +
      'NODE_EXTRA_CA_CERTS, or connect with `create` and `tls: { ca }`',
    'not_trusted',
  );
}
