using System.Text;
using Lacquer.Formats.Identity;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The text by which each entity is found, read from <c>catalogue.sqlite</c> in rank order. A recording: its title and other titles, its artist credit, the names and sort names of the artists credited, and the
/// titles of its best-known releases; a release: titles, credit and artists; an artist: the name, the sort name and all other names. One line each. Every name a source gives, Latin or not, belongs here.
/// </summary>
internal sealed class SearchTexts : IDisposable
{
    /// <summary>A recording is found by the titles of this many of its releases, best-known first.</summary>
    public const int MostReleases = 8;

    // Credits kept in memory; the best known come first and often.
    private const int MostKept = 1 << 16;

    private readonly Statement _recordings;
    private readonly Statement _releases;
    private readonly Statement _release;
    private readonly Statement _artists;
    private readonly Statement _credit;
    private readonly Statement _credited;
    private readonly Statement _artistAliases;
    private readonly Statement? _recordingAliases;
    private readonly Statement? _releaseAliases;
    private readonly Lookup _standsOn;
    private readonly Dictionary<long, string> _credits = [];

    public SearchTexts(sqlite3 database)
    {
        _recordings = new Statement(database, "SELECT id, title, artist_credit FROM recording WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _releases = new Statement(database, "SELECT id, title, artist_credit FROM release WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _release = new Statement(database, "SELECT title FROM release WHERE id = ?1");
        _artists = new Statement(database, "SELECT id, name, sort_name FROM artist WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _credit = new Statement(database, "SELECT name FROM artist_credit WHERE id = ?1");
        _credited = new Statement(database, "SELECT a.name, a.sort_name FROM artist_credit_name n JOIN artist a ON a.id = n.artist WHERE n.artist_credit = ?1 ORDER BY n.position");
        _artistAliases = new Statement(database, "SELECT name FROM artist_alias WHERE artist = ?1 ORDER BY position");
        // Most catalogues have none, and then nobody need look for each recording.
        _recordingAliases = HasRows(database, "recording_alias") ? new Statement(database, "SELECT name FROM recording_alias WHERE recording = ?1 ORDER BY position") : null;
        _releaseAliases = HasRows(database, "release_alias") ? new Statement(database, "SELECT name FROM release_alias WHERE release = ?1 ORDER BY position") : null;
        _standsOn = new Lookup(database, LookupTables.RecordingRelease);
    }

    /// <summary>The texts of the entities after one rank up to another. One enumeration at a time.</summary>
    public IEnumerable<(long Rank, string Text)> Of(EntityKind kind, long after, long last) => kind switch
    {
        EntityKind.Recording => Recordings(after, last),
        EntityKind.Release => Releases(after, last),
        _ => Artists(after, last),
    };

    public void Dispose()
    {
        foreach (var statement in new[] { _recordings, _releases, _release, _artists, _credit, _credited, _artistAliases, _recordingAliases, _releaseAliases })
            statement?.Dispose();
        _standsOn.Dispose();
    }

    private static bool HasRows(sqlite3 database, string table)
    {
        using var any = new Statement(database, $"SELECT 1 FROM {table} LIMIT 1");
        return any.Step();
    }

    private static void Aliases(Statement? aliases, long owner, StringBuilder text)
    {
        if (aliases is null)
            return;
        aliases.Bind(1, owner);
        while (aliases.Step())
            text.Append('\n').Append(aliases.Text(0));
        aliases.Reset();
    }

    private IEnumerable<(long Rank, string Text)> Recordings(long after, long last)
    {
        var text = new StringBuilder();
        _recordings.Bind(1, after).Bind(2, last);
        try
        {
            while (_recordings.Step())
            {
                var rank = _recordings.Int64(0);
                text.Clear().Append(_recordings.Text(1));
                Aliases(_recordingAliases, rank, text);
                if (!_recordings.IsNull(2))
                    text.Append('\n').Append(Credit(_recordings.Int64(2)));
                foreach (var release in _standsOn.Values(rank).Take(MostReleases))
                {
                    _release.Bind(1, release);
                    if (_release.Step())
                        text.Append('\n').Append(_release.Text(0));
                    _release.Reset();
                    Aliases(_releaseAliases, release, text);
                }

                yield return (rank, text.ToString());
            }
        }
        finally
        {
            _recordings.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Releases(long after, long last)
    {
        var text = new StringBuilder();
        _releases.Bind(1, after).Bind(2, last);
        try
        {
            while (_releases.Step())
            {
                text.Clear().Append(_releases.Text(1));
                Aliases(_releaseAliases, _releases.Int64(0), text);
                if (!_releases.IsNull(2))
                    text.Append('\n').Append(Credit(_releases.Int64(2)));
                yield return (_releases.Int64(0), text.ToString());
            }
        }
        finally
        {
            _releases.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Artists(long after, long last)
    {
        var text = new StringBuilder();
        _artists.Bind(1, after).Bind(2, last);
        try
        {
            while (_artists.Step())
            {
                text.Clear().Append(_artists.Text(1));
                if (!_artists.IsNull(2))
                    text.Append('\n').Append(_artists.Text(2));
                Aliases(_artistAliases, _artists.Int64(0), text);
                yield return (_artists.Int64(0), text.ToString());
            }
        }
        finally
        {
            _artists.Reset();
        }
    }

    private string Credit(long credit)
    {
        if (_credits.TryGetValue(credit, out var kept))
            return kept;
        _credit.Bind(1, credit);
        var text = new StringBuilder(_credit.Step() ? _credit.Text(0) : "");
        _credit.Reset();
        _credited.Bind(1, credit);
        while (_credited.Step())
        {
            text.Append('\n').Append(_credited.Text(0));
            if (!_credited.IsNull(1))
                text.Append('\n').Append(_credited.Text(1));
        }

        _credited.Reset();
        if (_credits.Count >= MostKept)
            _credits.Clear();
        return _credits[credit] = text.ToString();
    }
}
