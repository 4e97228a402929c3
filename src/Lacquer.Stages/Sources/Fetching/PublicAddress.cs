using System.Net;
using System.Net.Sockets;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>Which addresses are of the public network (IANA special-purpose address registries, RFC 6890), and connections to those alone.</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "100::/64", "2001::/23", "2001:db8::/32",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    // All that is given out of IPv6 so far; loopback, link-local, unique local and multicast lie outside it.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // Both carry an IPv4 address, which is where they lead.
            var bytes = address.GetAddressBytes();
            if (Nat64.Contains(address))
                return Is(new IPAddress(bytes.AsSpan(12, 4)));
            if (SixToFour.Contains(address))
                return Is(new IPAddress(bytes.AsSpan(2, 4)));
            if (!GlobalUnicast.Contains(address))
                return false;
        }

        return !Special.Any(network => network.Contains(address));
    }

    /// <summary>Connects to a host at one of its public addresses; at any, where it is <paramref name="own"/>. The name is looked up once, so that it cannot change in between.</summary>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint host, bool own, CancellationToken stop)
    {
        var all = await Dns.GetHostAddressesAsync(host.Host, stop).ConfigureAwait(false);
        var addresses = own ? all : all.Where(Is).ToArray();
        if (addresses.Length == 0)
            throw new NotPublicException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, host.Port, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A host has no public address.</summary>
internal sealed class NotPublicException : Exception;
