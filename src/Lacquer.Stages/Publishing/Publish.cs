using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Tables;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Ranking;

namespace Lacquer.Stages.Publishing;

/// <summary>What to publish.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="KeysInMemory">At most how many names of objects or recordings are in memory at once, at 25 bytes each; null: 14 million.</param>
public sealed record PublishRequest(string Archive, long? KeysInMemory = null);

/// <summary>What was published.</summary>
/// <param name="Edition">The edition's name: a new one, or where nothing has changed, the one that stands.</param>
/// <param name="IsNew">Whether it was published now.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Catalogue">The catalogue in it.</param>
/// <param name="Volumes">How many volumes it has.</param>
/// <param name="Recordings">How many recordings it holds.</param>
/// <param name="PayloadBytes">Bytes of its objects.</param>
/// <param name="PublicKey">The key that signed it, as <c>minisign -P</c> takes it.</param>
/// <param name="LeftOut">Volumes that are not in it, because they hold something the gate no longer clears.</param>
/// <param name="DeltaBytes">Bytes of what changed in the catalogue since the edition before; 0 where there is no delta.</param>
public sealed record PublishReport(
    string Edition, bool IsNew, string Folder, string Catalogue, int Volumes, long Recordings, long PayloadBytes, string PublicKey, IReadOnlyList<string> LeftOut,
    long DeltaBytes = 0);

/// <summary>
/// Writes one edition: the newest catalogue's facts, compressed, as tables and as what has changed since the edition before, and what the files that a mirror makes of them must be; the map of what is held; torrents; feeds; a page; the signed manifest. Reads the catalogue, the ledger and the volumes' torrents, no audio.
/// The folder appears whole; the same archive state gives the same bytes, and where the newest edition is already of this state, none is made.
/// </summary>
public static class Publish
{
    private const string TablesFolder = "tables/";

    /// <summary>Publishes.</summary>
    public static PublishReport Run(PublishRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var layout = archive.Layout;
        PolicyReview.Run(archive);
        using var key = MinisignKey.Read(layout.SigningKey);
        var chain = SigningKeys.ChainOf(layout, key.PublicKey);
        using var catalogue = CatalogueReader.Open(layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        // A mirror makes these too, and must know which bytes come out.
        if (!catalogue.IsSearchable)
            throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} is without look-ups or search", "lacquer catalogue makes them again");
        if (catalogue.Meta(WithdrawnThings.MetaName) != WithdrawnThings.Of(archive.Ledger).Digest())
            throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} was built before the last withdrawal", "lacquer catalogue builds one without what is withdrawn; then lacquer press and publish");
        Directory.CreateDirectory(layout.Editions);
        Directory.CreateDirectory(layout.Work);
        var previous = Newest(archive);
        var number = previous is null ? 1 : int.Parse(previous.Edition, CultureInfo.InvariantCulture) + 1;
        var name = number.ToString("D6", CultureInfo.InvariantCulture);
        using var aside = new AsideFolder(Path.Combine(layout.Work, "publish" + Durable.Partial));
        var room = new RankingRoom(aside.Path, request.KeysInMemory ?? RankingRoom.UsualKeys, progress, stop);
        var uncleared = ClearedVolumes.Uncleared(archive, room).Select(v => v.Volume.Name).ToHashSet(StringComparer.Ordinal);
        var staging = new StagingFolder(layout.Edition(name));
        var rows = archive.Ledger.Volumes().Where(v => !v.Retired && !uncleared.Contains(v.Name)).ToList();
        using var held = HeldOrder.Make(archive, catalogue, rows, room);
        var published = new EditionVolumes(archive, held.Places, staging).Write(rows, archive.Ledger.Predecessors(), progress, stop);
        var volumes = published.Select(p => p.Volume).ToList();

        foreach (var withdrawal in archive.Ledger.Withdrawals())
        {
            Directory.CreateDirectory(staging["withdrawals"]);
            foreach (var end in new[] { "", Tombstone.SignatureEnd })
                File.Copy(layout.Withdrawal(withdrawal.Number) + end, staging[Tombstone.PathOf(withdrawal.Number) + end]);
        }

        var recordings = 0L;
        Holdings.Write(staging[Holdings.FileName], volumes, archive.Configuration.Webseeds, held.Read(stop).Select(Counted));
        // What is set aside takes about as much disk as what came of it.
        held.Dispose();
        CompressedFile.Write(staging[Holdings.FileName], staging[Holdings.FileName + ".zst"], Environment.ProcessorCount, progress, stop, CompressedFile.HashesLevel);
        var payload = volumes.Sum(v => v.LengthBytes);
        IReadOnlyList<ManifestFile> hashed = previous is null ? [] : Files(staging.Path, []).Where(file => file.Path != Holdings.FileName).ToList();
        if (previous is not null && Says(previous))
        {
            Directory.Delete(staging.Path, recursive: true);
            return new PublishReport(previous.Edition, IsNew: false, layout.Edition(previous.Edition), previous.Catalogue, volumes.Count, recordings, payload, key.PublicKey.Text, [.. uncleared]);
        }

        // What follows from it is not handed out: a mirror makes it (docs/decisions/edition-compression.md).
        CompressedFile.Write(Path.Combine(catalogue.Folder, CatalogueReader.CatalogueFileName), staging[CatalogueReader.CatalogueFileName + ".zst"], Environment.ProcessorCount, progress, stop);
        var deltaBytes = previous is null ? 0 : EditionDelta.Write(layout, previous, catalogue, staging, progress, stop);
        WriteTables();
        File.Delete(staging[Holdings.FileName]);
        File.WriteAllText(staging["signing.pub"], key.PublicKey.FileText());
        if (chain is not null)
            File.WriteAllBytes(staging[KeyChain.FileName], chain.ToBytes());
        var pages = new EditionPages(archive.Configuration, name, catalogue, published, key.PublicKey, recordings);
        File.WriteAllBytes(staging["torrents.json"], pages.TorrentsJson());
        File.WriteAllBytes(staging["feed.xml"], pages.Feed());
        File.WriteAllBytes(staging["opds.json"], pages.Opds());
        File.WriteAllBytes(staging["index.html"], pages.Index());

        progress.Report(new StageProgress("sign", 0, 0));
        var manifest = new Manifest(archive.Configuration.Name, archive.Configuration.Title, name, catalogue.Name, archive.Configuration.PieceLengthBytes,
            previous is null ? null : new ManifestPredecessor(previous.Edition, archive.Ledger.Editions()[^1].Manifest), Files(staging.Path, hashed), Made(), volumes)
        {
            CatalogueFile = DeltaEnd.Of(Path.Combine(catalogue.Folder, CatalogueReader.CatalogueFileName)),
        };
        Sha256Digest digest;
        using (var file = new FileStream(staging[Manifest.FileName], FileMode.CreateNew, FileAccess.ReadWrite))
        {
            manifest.Write(file);
            file.Position = 0;
            File.WriteAllText(staging[Manifest.SignatureFileName], key.Sign(file, $"{archive.Configuration.Name} edition {name}"));
            file.Position = 0;
            digest = new Sha256Digest(SHA256.HashData(file));
        }

        staging.Seal();
        Durable.PointTo(layout.LatestEdition, name);
        archive.Ledger.AddEdition(new EditionRow(number, name, catalogue.Name, digest));
        return new PublishReport(name, IsNew: true, layout.Edition(name), catalogue.Name, volumes.Count, recordings, payload, key.PublicKey.Text, [.. uncleared], deltaBytes);

        HeldRecording Counted(HeldRecording row)
        {
            if (row.Rank > 0)
                recordings++;
            room.Tick("holdings", recordings, held.Count);
            return row;
        }

        List<ManifestMade> Made() => MadeFormats.All.Select(made =>
        {
            using var file = File.OpenRead(Path.Combine(catalogue.Folder, made.File));
            return new ManifestMade(made.File, file.Length, new Sha256Digest(SHA256.HashData(file)), catalogue.MadeBy(made.File));
        }).ToList();

        // The same facts as tables, for programs that do not read SQLite.
        void WriteTables()
        {
            using var facts = TableSource.Open(Path.Combine(catalogue.Folder, CatalogueReader.CatalogueFileName));
            using var held = TableSource.Open(staging[Holdings.FileName]);
            var (databases, tables) = (new[] { facts, held }, new List<DataResource>[2]);
            Cores.Share(databases.Length, (from, until) =>
            {
                for (var i = from; i < until; i++)
                    tables[i] = TableFiles.Write(databases[i], databases[i].Schemas, staging.Path, TablesFolder, progress, stop);
            }, stop);
            var resources = tables.SelectMany(t => t).ToList();
            foreach (var (file, what) in new[]
            {
                (CatalogueReader.CatalogueFileName, "The catalogue as one SQLite database."), (Holdings.FileName, "Which recording is in which volume, under which licence, SQLite."),
            })
                resources.Add(TableFiles.Describe(staging.Path, file + ".zst", "sqlite", "application/zstd", what));
            File.WriteAllBytes(staging[DataPackage.FileName], DataPackage.ToBytes($"{archive.Configuration.Name}-edition-{name}", $"{archive.Configuration.Title}: edition {name}", facts.SourceNames(), resources));
        }

        // The catalogue's name stands for its bytes; torrents and holdings stand for everything else that can change.
        bool Says(Manifest edition)
        {
            var now = Telling(hashed);
            var then = Telling(edition.Files);
            return edition.Catalogue == catalogue.Name && edition.Title == archive.Configuration.Title && edition.Archive == archive.Configuration.Name
                && now.Count == then.Count && now.All(f => then.TryGetValue(f.Key, out var sha256) && sha256 == f.Value)
                && edition.Files.Any(f => f.Path == "signing.pub" && f.Sha256 == new Sha256Digest(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key.PublicKey.FileText()))));

            static Dictionary<string, Sha256Digest> Telling(IEnumerable<ManifestFile> files) =>
                files.Where(f => f.Path.StartsWith("torrents/", StringComparison.Ordinal) || f.Path.StartsWith("withdrawals/", StringComparison.Ordinal) || f.Path == Holdings.FileName + ".zst").ToDictionary(f => f.Path, f => f.Sha256);
        }
    }

    // The newest edition's manifest. One that was sealed by a run that was killed before its ledger entry is entered now, and is the latest: it may have been seen.
    private static Manifest? Newest(OpenArchive archive)
    {
        if (archive.Layout.NewestEdition() is not { } folder)
            return null;
        var path = Path.Combine(folder, Manifest.FileName);
        var bytes = File.ReadAllBytes(path);
        var manifest = Manifest.Read(bytes, path);
        if (archive.Ledger.Editions().All(e => e.Name != manifest.Edition))
            archive.Ledger.AddEdition(new EditionRow(int.Parse(manifest.Edition, CultureInfo.InvariantCulture), manifest.Edition, manifest.Catalogue, new Sha256Digest(SHA256.HashData(bytes))));
        Durable.PointTo(archive.Layout.LatestEdition, manifest.Edition);
        return manifest;
    }

    // What has been hashed is not hashed again.
    private static List<ManifestFile> Files(string folder, IReadOnlyList<ManifestFile> known)
    {
        var hashed = known.ToDictionary(file => file.Path, StringComparer.Ordinal);
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'), Full: path))
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .AsParallel().AsOrdered()
            .Select(f =>
            {
                if (hashed.TryGetValue(f.Path, out var file))
                    return file;
                using var stream = File.OpenRead(f.Full);
                return new ManifestFile(f.Path, stream.Length, new Sha256Digest(SHA256.HashData(stream)));
            }).ToList();
    }
}
