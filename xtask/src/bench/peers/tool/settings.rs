//! Settings files of the peers: what only costs time is off, what bounds them is large.

use std::path::Path;

/// One record a flow, at the end; flows by the 5-tuple.
pub const ARGUS: &str = "\
ARGUS_FLOW_TYPE=\"Bidirectional\"
ARGUS_FLOW_KEY=\"CLASSIC_5_TUPLE\"
ARGUS_FLOW_STATUS_INTERVAL=86400
ARGUS_MAR_STATUS_INTERVAL=86400
";

/// The protocols that suricata would look for in payloads.
const PARSERS: [&str; 30] = [
    "bittorrent-dht",
    "dcerpc",
    "dhcp",
    "dnp3",
    "enip",
    "ftp",
    "ftp-data",
    "http",
    "http2",
    "ike",
    "imap",
    "krb5",
    "modbus",
    "mqtt",
    "msn",
    "nfs",
    "ntp",
    "pgsql",
    "quic",
    "rdp",
    "rfb",
    "sip",
    "smb",
    "smtp",
    "snmp",
    "ssh",
    "telnet",
    "template",
    "tftp",
    "tls",
];

/// Flow records alone: no rules, no parsers, no stream reassembly; a table for 1,000,000 flows.
pub fn suricata() -> String {
    let timeouts = "{new: 86400, established: 86400, closed: 86400, bypassed: 86400, \
         emergency-new: 86400, emergency-established: 86400, emergency-closed: 86400, \
         emergency-bypassed: 86400}";
    let parsers: String = PARSERS
        .iter()
        .map(|name| format!("    {name}: {{enabled: no}}\n"))
        .collect();
    format!(
        "\
%YAML 1.1
---
logging:
  default-log-level: warning
stats:
  enabled: no
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      buffer-size: 1mb
      types: [netflow]
flow:
  memcap: 2gb
  hash-size: 262144
  prealloc: 110000
flow-timeouts:
  default: {timeouts}
  tcp: {timeouts}
  udp: {timeouts}
stream:
  memcap: 2gb
  prealloc-sessions: 110000
  checksum-validation: no
  async-oneside: yes
  bypass: yes
  reassembly:
    memcap: 2gb
    depth: 1
pcap-file:
  checksum-checks: no
vlan:
  use-for-tracking: false
app-layer:
  protocols:
{parsers}    dns:
      tcp: {{enabled: no}}
      udp: {{enabled: no}}
"
    )
}

/// A line a flow into `output`, written once at the end. pmacctd sleeps 1 ms whenever it has filled a
/// buffer from a file: buffers are large. It overwrites what its plugin has not read yet: there are
/// many of them.
pub fn pmacctd(output: &Path) -> String {
    format!(
        "\
daemonize: false
plugins: print[flows]
aggregate[flows]: src_host, dst_host, src_port, dst_port, proto
print_output[flows]: csv
print_output_file[flows]: {}
print_refresh_time[flows]: 86400
print_cache_entries[flows]: 199999
plugin_pipe_size[flows]: 400000000
plugin_buffer_size[flows]: 4000000
",
        output.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parser_is_off_once() {
        let text = suricata();
        for name in PARSERS {
            let line = format!("    {name}: {{enabled: no}}\n");
            assert_eq!(text.matches(&line).count(), 1, "{name}");
        }
    }
}
