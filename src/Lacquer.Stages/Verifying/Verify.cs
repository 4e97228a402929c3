using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Verifying;

/// <summary>What to verify.</summary>
/// <param name="Archive">The archive's or mirror's folder.</param>
/// <param name="Repair">Fetch what is broken.</param>
/// <param name="From">Where from: an edition's address or folder; null: where the mirror came from.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
public sealed record VerifyRequest(string Archive, bool Repair = false, string? From = null, Func<string, string?>? Variable = null);

/// <summary>What was found.</summary>
/// <param name="Objects">Objects checked.</param>
/// <param name="CheckedBytes">Their bytes.</param>
/// <param name="Pieces">Their pieces.</param>
/// <param name="BadPieces">Pieces that are not what they should be, those of missing objects included.</param>
/// <param name="RepairedPieces">Of these, how many were fetched and are right now.</param>
/// <param name="Volumes">Volumes checked.</param>
/// <param name="Editions">Editions checked.</param>
/// <param name="Findings">What is wrong and was not repaired.</param>
public sealed record VerifyReport(long Objects, long CheckedBytes, long Pieces, long BadPieces, long RepairedPieces, int Volumes, int Editions, IReadOnlyList<Finding> Findings);

/// <summary>
/// Reads every object and holds each piece to its merkle tree; then volumes, accessions and editions. What is found is written down as fixity events. Repair fetches just the broken pieces.
/// </summary>
public static class Verify
{
    private const int Batch = 500;
    private const int MostStrays = 10_000;

    /// <summary>Verifies.</summary>
    public static async Task<VerifyReport> RunAsync(VerifyRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var (layout, ledger) = (archive.Layout, archive.Ledger);
        using var objects = await ObjectStores.OpenAsync(layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        EditionOrigin? origin = null;
        try
        {
            if (request.Repair)
            {
                var from = request.From ?? ledger.Meta(OriginNotes.Address)
                    ?? throw new LacquerException(Failure.Usage, $"{layout.Root} is no mirror: it knows no place to fetch from", "lacquer verify --repair --from ADDRESS-OF-A-MIRROR");
                origin = await EditionOrigin.FindAsync(from, stop).ConfigureAwait(false);
            }

            var findings = new List<Finding>();
            var intact = new List<(PiecesRoot, string)>();
            var (count, bytes, pieces, bad, repaired) = (0L, 0L, 0L, 0L, 0L);
            var total = ledger.ObjectTotals().LengthBytes;
            var check = new ObjectCheck(archive, objects);
            check.RemoveLeftovers();
            await foreach (var found in Objects(ledger).InOrder(Environment.ProcessorCount, check.CheckAsync, stop).ConfigureAwait(false))
            {
                var obj = found.Object;
                count++;
                bytes += obj.LengthBytes;
                pieces += found.Pieces;
                bad += found.Broken.Count;
                progress.Report(new StageProgress("verify", bytes, total, IsBytes: true));
                if (found.Broken.Count == 0)
                {
                    // A transaction each would wait for the disk for as long as reading an object takes.
                    intact.Add((obj.Root, $"{found.Pieces} pieces"));
                    if (intact.Count == Batch)
                        Record();
                    continue;
                }

                var what = found.Describe();
                ledger.FixityChecked(obj.Root, intact: false, what);
                if (origin is not null && ledger.VolumeOf(obj.Root) is { } place)
                {
                    try
                    {
                        await check.RepairAsync(found, origin, place.Volume.Name, place.Name, stop).ConfigureAwait(false);
                        repaired += found.Broken.Count;
                        ledger.FixityChecked(obj.Root, intact: true, $"{found.Broken.Count} pieces fetched from {origin.Address}");
                        continue;
                    }
                    catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Untrusted)
                    {
                        what += $"; not repaired: {e.Message}";
                    }
                }

                findings.Add(new Finding("verify", check.SubjectOf(ObjectName.Of(obj)), found.Kind, what));
            }

            Record();
            foreach (var stray in await StraysAsync(ledger, objects, stop).ConfigureAwait(false))
                findings.Add(new Finding("verify", check.SubjectOf(stray), "unexpected", "the ledger does not know it; it does no harm but takes room"));

            var volumes = 0;
            foreach (var volume in ledger.Volumes().Where(v => !v.Retired))
            {
                volumes++;
                stop.ThrowIfCancellationRequested();
                CheckVolume(archive, objects, volume, request.Repair, findings);
            }

            foreach (var accession in ledger.Accessions())
            {
                stop.ThrowIfCancellationRequested();
                var path = layout.Accession(accession.Source, accession.Number);
                if (Differs(path, accession.LengthBytes, accession.Sha256) is { } difference)
                    findings.Add(new Finding("verify", Path.GetRelativePath(layout.Root, path), difference.Kind, difference.Message));
            }

            var editions = 0;
            foreach (var edition in ledger.Editions())
            {
                editions++;
                stop.ThrowIfCancellationRequested();
                CheckEdition(layout, ledger, edition, findings);
            }

            ledger.ReplaceFindings("verify", "", findings);
            return new VerifyReport(count, bytes, pieces, bad, repaired, volumes, editions, findings);

            void Record()
            {
                ledger.FixityChecked(intact);
                intact.Clear();
            }
        }
        finally
        {
            origin?.Dispose();
        }
    }

    private static IEnumerable<ObjectRow> Objects(Ledger ledger)
    {
        for (PiecesRoot? after = null; ;)
        {
            var batch = ledger.Objects(after, Batch);
            foreach (var obj in batch)
                yield return obj;
            if (batch.Count < Batch)
                yield break;
            after = batch[^1].Root;
        }
    }

    // Asked once more at the end: what another process placed a moment ago is known by then.
    private static async Task<List<ObjectName>> StraysAsync(Ledger ledger, IObjectStore objects, CancellationToken stop)
    {
        var strays = new List<ObjectName>();
        await foreach (var name in objects.ListAsync(stop).ConfigureAwait(false))
            if (strays.Count < MostStrays && ledger.ExtensionOf(name.Root) != name.Extension)
                strays.Add(name);
        return strays.Where(name => ledger.ExtensionOf(name.Root) != name.Extension).ToList();
    }

    // A volume's files are the objects themselves under other names, where those are files; where they are not the same, they are compared byte by byte.
    private static void CheckVolume(OpenArchive archive, IObjectStore objects, VolumeRow volume, bool repair, List<Finding> findings)
    {
        var layout = archive.Layout;
        var files = archive.Ledger.VolumeFiles(volume.Number);
        var torrent = HybridTorrent.Build(volume.Name, archive.Configuration.PieceLengthBytes, files.Select(f => new TorrentFile(f.Name, f.Object.Hashes())).ToList()).ToBytes([], []);
        var torrentPath = layout.VolumeTorrent(volume.Name);
        if (!File.Exists(torrentPath) || !File.ReadAllBytes(torrentPath).AsSpan().SequenceEqual(torrent.Span))
        {
            // The ledger has all that is in it.
            if (repair)
                Durable.WriteFile(torrentPath, stream => stream.Write(torrent.Span));
            else
                findings.Add(new Finding("verify", Path.GetRelativePath(layout.Root, torrentPath), File.Exists(torrentPath) ? "corrupt" : "missing", "it is not the torrent that the ledger's hashes give"));
        }

        foreach (var file in files)
        {
            var path = Path.Combine(layout.Volume(volume.Name), file.Name);
            if (objects.FileOf(ObjectName.Of(file.Object)) is not { } obj || !File.Exists(obj) || Durable.IsSameFile(path, obj) || SameBytes(path, obj))
                continue;
            if (repair)
            {
                Directory.CreateDirectory(layout.Volume(volume.Name));
                File.Delete(path);
                Durable.HardLink(obj, path);
                continue;
            }

            findings.Add(new Finding("verify", Path.GetRelativePath(layout.Root, path), File.Exists(path) ? "corrupt" : "missing", $"it is not the object {file.Object.Root}"));
        }
    }

    private static bool SameBytes(string left, string right)
    {
        if (!File.Exists(left) || new FileInfo(left).Length != new FileInfo(right).Length)
            return false;
        using var one = File.OpenRead(left);
        using var other = File.OpenRead(right);
        return SHA256.HashData(one).AsSpan().SequenceEqual(SHA256.HashData(other));
    }

    private static (string Kind, string Message)? Differs(string path, long lengthBytes, Sha256Digest sha256)
    {
        if (!File.Exists(path))
            return ("missing", "it is missing");
        using var file = File.OpenRead(path);
        if (file.Length != lengthBytes)
            return ("corrupt", $"it has {file.Length} bytes, not {lengthBytes}");
        return new Sha256Digest(SHA256.HashData(file)) == sha256 ? null : ("corrupt", $"its SHA-256 is not {sha256}");
    }

    private static void CheckEdition(ArchiveLayout layout, Ledger ledger, EditionRow edition, List<Finding> findings)
    {
        var folder = layout.Edition(edition.Name);
        void Found(string path, string kind, string message) => findings.Add(new Finding("verify", Path.GetRelativePath(layout.Root, Path.Combine(folder, path)), kind, message));

        var path = Path.Combine(folder, Manifest.FileName);
        var signature = Path.Combine(folder, Manifest.SignatureFileName);
        if (!File.Exists(path) || !File.Exists(signature))
        {
            Found(Manifest.FileName, "missing", "the manifest or its signature is missing");
            return;
        }

        Manifest manifest;
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (new Sha256Digest(SHA256.HashData(bytes)) != edition.Manifest)
                Found(Manifest.FileName, "corrupt", $"its SHA-256 is not {edition.Manifest}");
            using var content = new MemoryStream(bytes);
            Minisign.Verify(SignedBy(layout, ledger, folder), content, File.ReadAllText(signature), path);
            manifest = Manifest.Read(bytes, path);
        }
        catch (LacquerException e)
        {
            Found(Manifest.FileName, "corrupt", e.Message);
            return;
        }

        foreach (var file in manifest.Files)
            if (Differs(Path.Combine(folder, file.Path), file.LengthBytes, file.Sha256) is { } difference)
                Found(file.Path, difference.Kind, difference.Message);

        // What is made of its catalogue lies with that, as long as it is there; another version may have made it otherwise since.
        foreach (var made in manifest.Made.Where(m => MadeFormats.All.Contains((m.Name, m.By)) && Directory.Exists(layout.Catalogue(manifest.Catalogue))))
            if (Path.Combine(layout.Catalogue(manifest.Catalogue), made.Name) is var its && Differs(its, made.LengthBytes, made.Sha256) is { } difference)
                Found(its, difference.Kind, difference.Message);
    }

    // Of the keys this archive trusts (its origin's and its own), the one that the edition names.
    private static MinisignPublicKey SignedBy(ArchiveLayout layout, Ledger ledger, string folder)
    {
        var trusted = new List<MinisignPublicKey>();
        if (ledger.Meta(OriginNotes.Key) is { } origin)
            trusted.Add(MinisignPublicKey.Parse(origin));
        if (File.Exists(layout.PublicKey))
            trusted.Add(MinisignPublicKey.Parse(File.ReadAllText(layout.PublicKey)));
        foreach (var file in new[] { layout.OriginKeys, layout.Keys }.Where(File.Exists))
            trusted.AddRange(KeyChain.Read(File.ReadAllBytes(file), file).Keys.Select(k => k.Key));
        var named = Path.Combine(folder, "signing.pub");
        var name = File.Exists(named) ? File.ReadAllText(named) : "";
        return trusted.FirstOrDefault(k => name.Contains(k.Text, StringComparison.Ordinal)) ?? trusted.FirstOrDefault()
            ?? throw new LacquerException(Failure.Missing, $"{layout.PublicKey} is missing", "put it back from a copy");
    }
}
