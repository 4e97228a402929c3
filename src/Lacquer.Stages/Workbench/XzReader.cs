using System.Diagnostics;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// An XZ file, unpacked by the program <c>xz</c> as it is read: nothing goes to disk, and the file's own checksums are checked. xz works on all cores where the file has several blocks, and may take 1 GiB.
/// It is fed through a pipe, so that how far it has got is known, and so that it ends when this process does.
/// </summary>
internal sealed class XzReader : PackedReader
{
    private readonly Process _process;
    private readonly Stream _output;
    private readonly Task _feeding;
    private readonly Task<string> _error;
    private Exception? _unread;
    private long _bytesRead;
    private bool _ended;

    /// <summary>Begins to unpack.</summary>
    /// <exception cref="Formats.Findings.LacquerException">xz is not installed.</exception>
    public XzReader(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        try
        {
            _process = new Process
            {
                StartInfo = new ProcessStartInfo(Toolbox.Require("xz", "xz-utils"), ["-dcq", "-T0", "-M1GiB"])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    // Its messages are told apart below.
                    Environment = { ["LC_ALL"] = "C" },
                },
            };
            _process.StartInfo.Environment.Remove("XZ_OPT");
            _process.StartInfo.Environment.Remove("XZ_DEFAULTS");
            _process.Start();
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _output = _process.StandardOutput.BaseStream;
        _error = _process.StandardError.ReadToEndAsync();
        _feeding = Task.Factory.StartNew(() => Feed(file), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public override long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <inheritdoc/>
    /// <remarks>xz knows that a block is corrupt only once the block is unpacked.</remarks>
    public override int Read(Span<byte> buffer)
    {
        if (_ended)
            return 0;
        var read = _output.Read(buffer);
        if (read > 0)
            return read;
        _ended = true;
        _feeding.Wait();
        _process.WaitForExit();
        if (_unread is not null)
            Problem = "it cannot be read: " + _unread.Message.ReplaceLineEndings(" ");
        else if (_process.ExitCode != 0)
            Problem = _error.Result switch
            {
                var e when e.Contains("Unexpected end", StringComparison.Ordinal) => CutOff,
                var e when e.Contains("not recognized", StringComparison.Ordinal) => "it is not an XZ file",
                var e when e.Contains("corrupt", StringComparison.Ordinal) => "its compressed bytes are corrupt",
                var e when e.Contains("Memory usage limit", StringComparison.Ordinal) => "unpacking it takes more than 1 GiB of memory",
                var e => "xz cannot unpack it: " + (e.Split('\n').Select(l => l[(l.LastIndexOf("(stdin): ", StringComparison.Ordinal) is >= 0 and var at ? at + 9 : 0)..].Trim()).LastOrDefault(l => l.Length > 0) ?? "no reason given"),
            };
        return 0;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }

        _feeding.Wait();
        _process.Dispose();
    }

    private void Feed(FileStream file)
    {
        using (file)
        {
            var input = _process.StandardInput.BaseStream;
            var buffer = new byte[256 << 10];
            try
            {
                while (true)
                {
                    int read;
                    try
                    {
                        read = file.Read(buffer);
                    }
                    catch (IOException e)
                    {
                        _unread = e;
                        break;
                    }

                    if (read == 0)
                        break;
                    input.Write(buffer, 0, read);
                    Interlocked.Add(ref _bytesRead, read);
                }
            }
            catch (IOException)
            {
                // xz has ended: it says why.
            }

            try
            {
                input.Dispose();
            }
            catch (IOException)
            {
                // As above.
            }
        }
    }
}
