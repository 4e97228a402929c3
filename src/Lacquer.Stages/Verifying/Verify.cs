using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Verifying;

/// <summary>What to verify.</summary>
/// <param name="Archive">The archive's or mirror's folder.</param>
/// <param name="Repair">Fetch what is broken.</param>
/// <param name="From">Where from: an edition's address or folder; null: where the mirror came from.</param>
public sealed record VerifyRequest(string Archive, bool Repair = false, string? From = null);

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
/// Reads every object and holds each piece to its merkle tree; then volumes, accessions and editions. What is found is written down as fixity events. Repair fetches just the broken pieces
/// and writes them in place, each once its hash is right, so that a killed repair leaves nothing worse than before.
/// </summary>
public static class Verify
{
    private const int Batch = 500;

    /// <summary>Verifies.</summary>
    public static async Task<VerifyReport> RunAsync(VerifyRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var (layout, ledger) = (archive.Layout, archive.Ledger);
        EditionOrigin? origin = null;
        try
        {
            if (request.Repair)
            {
                var from = request.From ?? ledger.Meta("origin_address")
                    ?? throw new LacquerException(Failure.Usage, $"{layout.Root} is no mirror: it knows no place to fetch from", "lacquer verify --repair --from ADDRESS-OF-A-MIRROR");
                origin = await EditionOrigin.FindAsync(from, stop).ConfigureAwait(false);
            }

            var findings = new List<Finding>();
            var (objects, bytes, pieces, bad, repaired) = (0L, 0L, 0L, 0L, 0L);
            var total = ledger.ObjectTotals().LengthBytes;
            await foreach (var (obj, broken, count) in Objects(ledger).InOrder(Environment.ProcessorCount, (o, cancel) => Task.FromResult(Check(archive, o, cancel)), stop).ConfigureAwait(false))
            {
                objects++;
                bytes += obj.LengthBytes;
                pieces += count;
                bad += broken.Count;
                progress.Report(new StageProgress("verify", bytes, total, IsBytes: true));
                if (broken.Count == 0)
                {
                    ledger.FixityChecked(obj.Root, intact: true, $"{count} pieces");
                    continue;
                }

                var name = Path.GetRelativePath(layout.Root, layout.Object(obj.Root, obj.Extension));
                var what = Describe(layout, obj, broken, count);
                var kind = File.Exists(layout.Object(obj.Root, obj.Extension)) ? "corrupt" : "missing";
                ledger.FixityChecked(obj.Root, intact: false, what);
                if (origin is not null && ledger.VolumeOf(obj.Root) is { } place)
                {
                    try
                    {
                        await RepairAsync(archive, origin, obj, place.Volume.Name, place.Name, broken, stop).ConfigureAwait(false);
                        repaired += broken.Count;
                        ledger.FixityChecked(obj.Root, intact: true, $"{broken.Count} pieces fetched from {origin.Address}");
                        continue;
                    }
                    catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Untrusted)
                    {
                        what += $"; not repaired: {e.Message}";
                        if (kind == "missing")
                            File.Delete(layout.Object(obj.Root, obj.Extension)); // what has come so far is not the object
                    }
                }

                findings.Add(new Finding("verify", name, kind, what));
            }

            var volumes = 0;
            foreach (var volume in ledger.Volumes().Where(v => !v.Retired))
            {
                volumes++;
                stop.ThrowIfCancellationRequested();
                CheckVolume(archive, volume, request.Repair, findings);
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
            return new VerifyReport(objects, bytes, pieces, bad, repaired, volumes, editions, findings);
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

    private static (ObjectRow Object, List<long> Broken, long Pieces) Check(OpenArchive archive, ObjectRow obj, CancellationToken stop)
    {
        var length = archive.Configuration.PieceLengthBytes;
        var count = PieceTree.PieceCount(obj.LengthBytes, length);
        var broken = new List<long>();
        FileStream? file = null;
        try
        {
            file = new FileStream(archive.Layout.Object(obj.Root, obj.Extension), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (obj, Enumerable.Range(0, (int)count).Select(i => (long)i).ToList(), count);
        }

        using (file)
        {
            var piece = new byte[(int)Math.Min(length, obj.LengthBytes)];
            for (var index = 0L; index < count; index++)
            {
                stop.ThrowIfCancellationRequested();
                var want = piece.AsSpan(0, (int)Math.Min(length, obj.LengthBytes - index * length));
                if (!TryRead(file, want, index * length) || !PieceTree.VerifyPiece(want, index, obj.Root, obj.LengthBytes, obj.PieceLayer, length))
                    broken.Add(index);
            }

            // What was written behind the end is in no piece.
            if (broken.Count == 0 && file.Length != obj.LengthBytes)
                broken.Add(count - 1);
        }

        return (obj, broken, count);
    }

    private static bool TryRead(FileStream file, Span<byte> bytes, long offset)
    {
        try
        {
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(file.SafeFileHandle, bytes[done..], offset + done);
                if (read == 0)
                    return false;
                done += read;
            }

            return true;
        }
        catch (IOException)
        {
            return false; // a sector that cannot be read is a broken piece
        }
    }

    private static string Describe(ArchiveLayout layout, ObjectRow obj, List<long> broken, long count)
    {
        var file = new FileInfo(layout.Object(obj.Root, obj.Extension));
        if (!file.Exists)
            return $"it is missing ({count} pieces)";
        var which = string.Join(", ", broken.Take(20)) + (broken.Count > 20 ? $" and {broken.Count - 20} more" : "");
        var length = file.Length != obj.LengthBytes ? $"; it has {file.Length} bytes, not {obj.LengthBytes}" : "";
        return $"piece {which} of {count} (counted from 0) is not what it should be{length}";
    }

    private static async Task RepairAsync(OpenArchive archive, EditionOrigin origin, ObjectRow obj, string volume, string name, List<long> broken, CancellationToken stop)
    {
        var length = archive.Configuration.PieceLengthBytes;
        var path = archive.Layout.Object(obj.Root, obj.Extension);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // In place: the volume's folder has the same file by another name.
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1);
        file.SetLength(obj.LengthBytes);
        var piece = new byte[(int)Math.Min(length, obj.LengthBytes)];
        foreach (var index in broken)
        {
            var want = (int)Math.Min(length, obj.LengthBytes - index * length);
            var filled = 0;
            await origin.CopyAsync(EditionOrigin.VolumeFile(volume, name), index * length, want, want, (bytes, _) =>
            {
                bytes.CopyTo(piece.AsMemory(filled));
                filled += bytes.Length;
                return ValueTask.CompletedTask;
            }, stop).ConfigureAwait(false);
            if (!PieceTree.VerifyPiece(piece.AsSpan(0, want), index, obj.Root, obj.LengthBytes, obj.PieceLayer, length))
                throw new LacquerException(Failure.Untrusted, $"piece {index} of {name} at {origin.Address} is broken too", "try another mirror: --from ADDRESS");
            file.Position = index * length;
            await file.WriteAsync(piece.AsMemory(0, want), stop).ConfigureAwait(false);
        }

        file.Flush(flushToDisk: true);
    }

    // A volume's files are the objects themselves under other names; where they are not, they are compared byte by byte.
    private static void CheckVolume(OpenArchive archive, VolumeRow volume, bool repair, List<Finding> findings)
    {
        var layout = archive.Layout;
        var files = archive.Ledger.VolumeFiles(volume.Number);
        var torrent = HybridTorrent.Build(volume.Name, archive.Configuration.PieceLengthBytes, files.Select(f => new TorrentFile(f.Name, f.Object.Hashes())).ToList()).ToBytes([], []);
        var torrentPath = layout.VolumeTorrent(volume.Name);
        if (!File.Exists(torrentPath) || !File.ReadAllBytes(torrentPath).AsSpan().SequenceEqual(torrent))
        {
            // The ledger has all that is in it.
            if (repair)
                Durable.WriteFile(torrentPath, stream => stream.Write(torrent));
            else
                findings.Add(new Finding("verify", Path.GetRelativePath(layout.Root, torrentPath), File.Exists(torrentPath) ? "corrupt" : "missing", "it is not the torrent that the ledger's hashes give"));
        }

        foreach (var file in files)
        {
            var path = Path.Combine(layout.Volume(volume.Name), file.Name);
            var obj = layout.Object(file.Object.Root, file.Object.Extension);
            if (!File.Exists(obj) || Durable.IsSameFile(path, obj) || SameBytes(path, obj))
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
    }

    // Of the keys this archive trusts (its origin's and its own), the one that the edition names.
    private static MinisignPublicKey SignedBy(ArchiveLayout layout, Ledger ledger, string folder)
    {
        var trusted = new List<MinisignPublicKey>();
        if (ledger.Meta("origin_key") is { } origin)
            trusted.Add(MinisignPublicKey.Parse(origin));
        if (File.Exists(layout.PublicKey))
            trusted.Add(MinisignPublicKey.Parse(File.ReadAllText(layout.PublicKey)));
        var named = Path.Combine(folder, "signing.pub");
        var name = File.Exists(named) ? File.ReadAllText(named) : "";
        return trusted.FirstOrDefault(k => name.Contains(k.Text, StringComparison.Ordinal)) ?? trusted.FirstOrDefault()
            ?? throw new LacquerException(Failure.Missing, $"{layout.PublicKey} is missing", "put it back from a copy");
    }
}
