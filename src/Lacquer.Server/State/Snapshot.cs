using System.Collections.Concurrent;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Server.State;

/// <summary>
/// One state of the folder, with its open files. It closes them when it is retired and the last request that uses it has ended. A <see cref="CatalogueReader"/> is for one
/// thread at a time, so requests take one out of a pool and put it back.
/// </summary>
internal sealed class Snapshot
{
    // More idle readers than this are closed: each has a page cache of its own.
    private static readonly int MostIdle = 2 * Environment.ProcessorCount;

    private readonly string? _catalogue;
    private readonly ConcurrentBag<CatalogueReader> _idle = [];
    private int _users = 1;

    private Snapshot(ArchiveConfiguration configuration, Ledger ledger, string? catalogue)
    {
        Configuration = configuration;
        Ledger = ledger;
        _catalogue = catalogue;
    }

    public ArchiveConfiguration Configuration { get; }

    public Ledger Ledger { get; }

    /// <summary>The overview last computed from this snapshot, with the time of it: it reads thousands of rows, and everybody asks for it.</summary>
    public Rest.Kept? Overview { get; set; }

    public static Snapshot Open(ArchiveLayout layout, string? catalogue, TimeProvider clock)
    {
        var configuration = ArchiveConfiguration.Read(layout.Configuration);
        // The first reader is opened at once, so that a damaged catalogue never takes the place of a good one.
        var reader = catalogue is null ? null : CatalogueReader.Open(catalogue);
        try
        {
            var snapshot = new Snapshot(configuration, Ledger.Open(layout.MustHaveLedger(configuration), clock, "lacquer-server", readOnly: true), catalogue);
            if (reader is not null)
                snapshot._idle.Add(reader);
            return snapshot;
        }
        catch
        {
            reader?.Dispose();
            throw;
        }
    }

    public View Enter()
    {
        Interlocked.Increment(ref _users);
        return new View(this);
    }

    public void Retire() => Leave();

    public CatalogueReader? Take() => _catalogue is null ? null : _idle.TryTake(out var reader) ? reader : CatalogueReader.Open(_catalogue);

    public void PutBack(CatalogueReader reader)
    {
        if (_idle.Count < MostIdle)
            _idle.Add(reader);
        else
            reader.Dispose();
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        while (_idle.TryTake(out var reader))
            reader.Dispose();
        Ledger.Dispose();
    }
}

/// <summary>A request's hold on a <see cref="Snapshot"/>.</summary>
internal sealed class View(Snapshot snapshot) : IDisposable
{
    private CatalogueReader? _reader;
    private bool _left;

    public Snapshot Snapshot => snapshot;

    public ArchiveConfiguration Configuration => snapshot.Configuration;

    public Ledger Ledger => snapshot.Ledger;

    /// <summary>The newest catalogue, this request's alone; null where the archive has none yet.</summary>
    public CatalogueReader? Catalogue => _reader ??= snapshot.Take();

    public void Dispose()
    {
        if (_left)
            return;
        _left = true;
        if (_reader is not null)
            snapshot.PutBack(_reader);
        snapshot.Leave();
    }
}
