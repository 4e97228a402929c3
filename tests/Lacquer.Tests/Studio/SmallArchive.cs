using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Microsoft.Data.Sqlite;

namespace Lacquer.Tests.Studio;

/// <summary>A recording to be put on the first medium of a release, which is made where there is none of that title and artist yet.</summary>
internal sealed record SmallRecording(string Title, string Artist, long Listens, string Release, int Position = 1, string? Isrc = null, int? DurationMs = 3000, string? Mbid = null)
{
    public EntityId Id => EntityId.From(EntityKind.Recording, "small", Artist + "/" + Title);

    public EntityId ReleaseId => EntityId.From(EntityKind.Release, "small", Artist + "/" + Release);

    public EntityId ArtistId => EntityId.From(EntityKind.Artist, "small", Artist);
}

/// <summary>An archive's folder written by hand, without any stage: a configuration, a ledger, a catalogue, objects, volumes and editions, as few as a test needs.</summary>
internal sealed class SmallArchive : IDisposable
{
    private const int PieceLengthBytes = 1 << 20;
    private const int BlockBytes = 16 << 10;

    private readonly Dictionary<EntityId, PiecesRoot> _objects = [];

    public SmallArchive()
    {
        Layout = new ArchiveLayout(Directory.CreateTempSubdirectory("lacquer-small-").FullName);
        File.WriteAllText(Layout.Configuration, ArchiveConfiguration.Default("small", "A small archive"));
        Formats.Ledgers.Ledger.Create(Layout.Ledger);
        Ledger = Formats.Ledgers.Ledger.Open(Layout.Ledger, TimeProvider.System, "studio");
    }

    public ArchiveLayout Layout { get; }

    public string Folder => Layout.Root;

    public Ledger Ledger { get; }

    public static RightsDecision Free { get; } = new(true, true, "CC-BY-4.0", "CC-BY-4.0, by tag LICENSE=CC BY 4.0", new Evidence(EvidenceKind.Tag, "LICENSE", "CC BY 4.0", new string('0', 64)), "000000000000");

    public static RightsDecision Dark { get; } = new(true, false, "CC-BY-NC-4.0", "CC-BY-NC-4.0 may be kept but not published: policy does not publish non-commercial", null, "000000000000");

    public static RightsDecision Denied { get; } = new(false, false, null, "no licence evidence: no LICENSE tag, copyright file or rights.toml speaks of it", null, "000000000000");

    /// <summary>Seals a catalogue of these recordings, ranked by listens in the order given.</summary>
    public void Catalogue(string name, params IReadOnlyList<SmallRecording> recordings)
    {
        var folder = Layout.Catalogue(name + ".partial");
        Directory.CreateDirectory(folder);
        var ranked = recordings.OrderByDescending(r => r.Listens).ToList();
        var artists = ranked.GroupBy(r => r.Artist).OrderByDescending(g => g.Sum(r => r.Listens)).Select((g, i) => (g.Key, Rank: i + 1, Rows: g.ToList())).ToList();
        var releases = ranked.GroupBy(r => (r.Release, r.Artist)).OrderByDescending(g => g.Sum(r => r.Listens)).Select((g, i) => (g.Key, Rank: i + 1, Rows: g.ToList())).ToList();
        var credit = artists.ToDictionary(a => a.Key, a => a.Rank);
        var rank = ranked.Select((r, i) => (r.Id, Rank: i + 1)).ToDictionary(p => p.Id, p => p.Rank);
        var most = ranked.Count == 0 ? 0 : ranked[0].Listens;

        using (var catalogue = Database(Path.Combine(folder, CatalogueReader.CatalogueFileName), CatalogueSchema.Tables))
        {
            Run(catalogue, "INSERT INTO meta VALUES('format', $1), ('recordings', $2), ('releases', $3), ('artists', $4), ('tracks', $2), ('listens', $5)",
                CatalogueSchema.Format, $"{ranked.Count}", $"{releases.Count}", $"{artists.Count}", ranked.Sum(r => r.Listens).ToString(CultureInfo.InvariantCulture));
            foreach (var (artist, at, rows) in artists)
            {
                Run(catalogue, "INSERT INTO artist(id, eid, name, listens) VALUES($1, $2, $3, $4)", at, rows[0].ArtistId.ToArray(), artist, rows.Sum(r => r.Listens));
                Run(catalogue, "INSERT INTO credit VALUES($1, $1)", at);
            }

            foreach (var r in ranked)
            {
                Run(catalogue, "INSERT INTO recording(id, eid, title, artist_credit, duration_ms, listens, popularity, isrc, mbid) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)", rank[r.Id], r.Id.ToArray(), r.Title, credit[r.Artist],
                    r.DurationMs ?? (object)DBNull.Value, r.Listens, Popularities.Of(r.Listens, most), Isrc.TryParse(r.Isrc, out var isrc) ? isrc.Packed : DBNull.Value, r.Mbid is { } mbid ? Guid.Parse(mbid).ToByteArray(bigEndian: true) : DBNull.Value);
                Run(catalogue, "INSERT INTO recording_source VALUES($1, 1, $2)", rank[r.Id], 100L * rank[r.Id]);
            }

            foreach (var (key, at, rows) in releases)
            {
                Run(catalogue, "INSERT INTO release(id, eid, title, artist_credit, date, gtin, listens) VALUES($1, $2, $3, $4, 20260300, 4006381333931, $5)", at, rows[0].ReleaseId.ToArray(), key.Release, credit[key.Artist], rows.Sum(r => r.Listens));
                foreach (var r in rows)
                    Run(catalogue, "INSERT INTO track(release, medium, position, recording) VALUES($1, 1, $2, $3)", at, r.Position, rank[r.Id]);
            }
        }

        SmallCatalogue.WriteLookups(folder);
        SearchWriter.Write(folder, Path.Combine(folder, CatalogueReader.SearchFileName), _ => { }, CancellationToken.None);
        Directory.Move(folder, Layout.Catalogue(name));
    }

    /// <summary>Puts audio into the archive, with what the gate said of it.</summary>
    public ObjectRow Keep(SmallRecording recording, byte[] audio, string extension, RightsDecision rights)
    {
        var root = Root(audio);
        var path = Layout.Object(root, extension);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, audio);
        var pieces = audio.Chunk(PieceLengthBytes).ToList();
        var layer = pieces.Count == 1 ? [] : pieces.SelectMany(piece => Root(piece, PieceLengthBytes / BlockBytes).Digest.ToArray()).ToArray();
        var digestsV1 = pieces.SelectMany(piece => SHA1Of([.. piece, .. new byte[PieceLengthBytes - piece.Length]])).ToArray();
        var row = new ObjectRow(root, new Sha256Digest(SHA256.HashData(audio)), audio.Length, extension, layer, digestsV1, extension == "opus" ? "opus-75" : "vorbis-160",
            recording.DurationMs, -18.5, -1.2, new Sha256Digest(SHA256.HashData([.. audio, 1])), audio.Length + 1, null);
        Ledger.SetRights(recording.Id, rights);
        Ledger.Ingested(recording.Id, new RecordPlace(1, 0), row, []);
        _objects[recording.Id] = root;
        return row;
    }

    /// <summary>Presses what was kept of these recordings into a volume; its info hashes are made up.</summary>
    public IReadOnlyList<string> Press(int number, string name, params IReadOnlyList<SmallRecording> recordings)
    {
        Directory.CreateDirectory(Layout.Volume(name));
        var files = new List<(string Name, PiecesRoot Object)>();
        foreach (var recording in recordings)
        {
            var row = Ledger.Object(_objects[recording.Id])!;
            var file = $"{files.Count:D5}.{row.Extension}";
            File.Copy(Layout.Object(row.Root, row.Extension), Path.Combine(Layout.Volume(name), file));
            files.Add((file, row.Root));
        }

        Ledger.AddVolume(new VolumeRow(number, name, 0, files.Count, 0, new InfoHashV1(SHA1Of(Encoding.ASCII.GetBytes(name))), new InfoHashV2(new Sha256Digest(SHA256.HashData(Encoding.ASCII.GetBytes(name)))), false), files);
        return files.ConvertAll(f => f.Name);
    }

    /// <summary>Writes an edition's files, given by path and text.</summary>
    public void Publish(string name, params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(Layout.Edition(name), path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
    }

    public void Dispose()
    {
        Ledger.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>The merkle root of a file as BEP 52 has it, by the book: blocks of 16 KiB, and zero hashes up to a power of two.</summary>
    private static PiecesRoot Root(byte[] bytes, int leastBlocks = 1)
    {
        var layer = bytes.Chunk(BlockBytes).Select(SHA256.HashData).ToList();
        while (layer.Count < leastBlocks || !int.IsPow2(layer.Count))
            layer.Add(new byte[32]);
        while (layer.Count > 1)
            layer = layer.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]])).ToList();
        return new PiecesRoot(new Sha256Digest(layer[0]));
    }

#pragma warning disable CA5350 // BitTorrent v1 is made of SHA-1.
    private static byte[] SHA1Of(byte[] bytes) => SHA1.HashData(bytes);
#pragma warning restore CA5350

    private static SqliteConnection Database(string path, string tables)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        // Each insertion is a transaction of its own; nothing here has to survive a power cut.
        Run(connection, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
        Run(connection, tables);
        return connection;
    }

    /// <summary>Runs a statement.</summary>
    public static void Run(SqliteConnection connection, string sql, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        command.ExecuteNonQuery();
    }
}
