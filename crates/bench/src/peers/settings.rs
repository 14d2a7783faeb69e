//! Settings files of the peers: what only costs time is off, what bounds them is large.

use std::path::Path;

/// Bytes that a capture holds for a tool that is not fast enough for a moment; libpcap's own default
/// is 2 MiB. Of the tools that are compared pmacctd alone offers no such setting.
pub const CAPTURE_BYTES: u64 = 64 << 20;

/// One record a flow, at the end; flows by the 5-tuple. Its status, once a second, tells of losses.
pub fn argus() -> String {
    format!(
        "\
ARGUS_FLOW_TYPE=\"Bidirectional\"
ARGUS_FLOW_KEY=\"CLASSIC_5_TUPLE\"
ARGUS_FLOW_STATUS_INTERVAL=86400
ARGUS_MAR_STATUS_INTERVAL=1
ARGUS_PCAP_BUF_SIZE={CAPTURE_BYTES}
"
    )
}

/// A line a flow into `output`, written once at the end. What the core process writes faster than
/// its plugin reads is lost: the queue between them is large.
pub fn pmacctd(interface: &str, output: &Path) -> String {
    format!(
        "\
daemonize: false
pcap_interface: {interface}
plugins: print[flows]
aggregate[flows]: src_host, dst_host, src_port, dst_port, proto
print_output[flows]: csv
print_output_file[flows]: {}
print_refresh_time[flows]: 86400
print_cache_entries[flows]: 199999
plugin_pipe_size[flows]: 400000000
plugin_buffer_size[flows]: 400000
",
        output.display()
    )
}
