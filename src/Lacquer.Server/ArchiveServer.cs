using System.Net;
using System.Net.Sockets;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Lacquer.Server.Files;
using Lacquer.Server.Rest;
using Lacquer.Server.State;
using Lacquer.Server.Web;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lacquer.Server;

/// <summary>
/// Serves an archive's or a mirror's folder over HTTP: the listener's page, REST, published audio, volumes (as web seeds) and editions. It reads and never writes, takes no
/// lock, and follows the folder while other commands work on it.
/// </summary>
public sealed class ArchiveServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ArchiveState _state;

    private ArchiveServer(WebApplication app, ArchiveState state, Uri address)
    {
        _app = app;
        _state = state;
        Address = address;
    }

    /// <summary>Where the page is, for a browser on this machine.</summary>
    public Uri Address { get; }

    /// <summary>Starts to serve; it does when the task ends.</summary>
    /// <param name="request">What, and where.</param>
    /// <param name="clock">Tells when to look at the folder again.</param>
    /// <param name="stop">Gives up starting; what has started is ended by disposing of it.</param>
    /// <exception cref="LacquerException">The folder is not an archive, or is damaged; the address is in use, not of this machine or not allowed.</exception>
    public static async Task<ArchiveServer> StartAsync(ServeRequest request, TimeProvider clock, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(clock);
        var layout = new ArchiveLayout(request.Archive).MustExist();
        var address = Parse(request.Host);
        if (request.Port is < 0 or > 65535)
            throw new LacquerException(Failure.Usage, $"port {request.Port} is not from 0 to 65535", "--port 0 takes any free one");

        var app = Build(address, request.Port);
        ArchiveState? state = null;
        try
        {
            state = new ArchiveState(layout, clock, app.Logger);
            Compose(app, state, request.Objects, clock, IPAddress.IsLoopback(address));
            await app.StartAsync(stop).ConfigureAwait(false);
            var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            return new ArchiveServer(app, state, Reachable(address, bound.Port));
        }
        catch (Exception e)
        {
            state?.Dispose();
            await app.DisposeAsync().ConfigureAwait(false);
            var cause = e as SocketException ?? e.InnerException as SocketException ?? e.InnerException?.InnerException as SocketException;
            throw cause?.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => new LacquerException(Failure.Usage, $"port {request.Port} of {request.Host} is in use", "choose another with --port, or --port 0 for any free one", e),
                SocketError.AccessDenied => new LacquerException(Failure.Usage, $"port {request.Port} of {request.Host} may not be opened", "ports below 1024 are for the system: choose another with --port", e),
                SocketError.AddressNotAvailable => new LacquerException(Failure.Usage, $"{request.Host} is not an address of this machine", "--host 127.0.0.1 serves this machine alone, --host '*' everybody who can reach it", e),
                _ => e is LacquerException or OperationCanceledException ? e : new InvalidOperationException("the server did not start", e),
            };
        }
    }

    /// <summary>Ends when the server has been stopped: by <paramref name="stop"/>, after the answers under way.</summary>
    public Task WaitForShutdownAsync(CancellationToken stop) => _app.WaitForShutdownAsync(stop);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().ConfigureAwait(false);
        _state.Dispose();
    }

    private static WebApplication Build(IPAddress address, int port)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        // What is served is what was asked for: no appsettings.json and no environment variable has a say.
        builder.Configuration.Sources.Clear();
        // Signals are the program's.
        builder.Services.AddSingleton<IHostLifetime, UnattendedLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning)
            // What keeps the host from starting is thrown, and said in one line by whoever started it.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    private static void Compose(WebApplication app, ArchiveState state, IObjectStore objects, TimeProvider clock, bool loopbackOnly)
    {
        app.Use(new Answering(app.Logger, loopbackOnly).InvokeAsync);
        app.UseRouting();
        new RestRoutes(state, clock).Map(app);
        new FileRoutes(state, objects).Map(app);
        new WebRoutes().Map(app);
    }

    private static IPAddress Parse(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(host, out var address) ? address
            : throw new LacquerException(Failure.Usage, $"'{host}' is not an address to serve on", "an IP address, localhost, or '*' for every address of this machine"),
    };

    private static Uri Reachable(IPAddress address, int port)
    {
        var host = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        return new UriBuilder(Uri.UriSchemeHttp, host.ToString(), port).Uri;
    }

    private sealed class UnattendedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
