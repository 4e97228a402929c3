using Lacquer.Formats.Archives;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>A source as it is asked over the network by one run: its address, its credentials, its fetcher with its log. Both are made when they are first wanted: a dump on disk needs neither.</summary>
public sealed class SourceAccess : IDisposable
{
    private readonly Lazy<Secrets> _secrets;
    private readonly Lazy<Fetcher> _fetcher;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="adapter">Its adapter, as it reads the source's accessions.</param>
    /// <param name="source">Its name.</param>
    /// <param name="location">Where it is.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="variable">Looks up an environment variable.</param>
    /// <param name="clock">The clock.</param>
    public SourceAccess(Adapter adapter, string source, string location, OpenArchive archive, Func<string, string?> variable, TimeProvider clock)
    {
        Location = location;
        Layout = archive.Layout;
        _secrets = new Lazy<Secrets>(() => Secrets.Of(adapter.Name, source, archive.Layout.Root, variable));
        _fetcher = new Lazy<Fetcher>(() => new Fetcher(adapter.PolicyFor(archive.Configuration, location), clock, logFile: archive.Layout.FetchLog(source)));
    }

    /// <summary>Where it is, as it was given to <c>harvest</c>.</summary>
    public string Location { get; }

    /// <summary>Where everything lies in the archive.</summary>
    public ArchiveLayout Layout { get; }

    /// <summary>Its credentials.</summary>
    public Secrets Secrets => _secrets.Value;

    /// <summary>Asks it.</summary>
    public Fetcher Fetcher => _fetcher.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fetcher.IsValueCreated)
            _fetcher.Value.Dispose();
    }
}
